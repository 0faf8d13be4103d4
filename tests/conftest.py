"""A real MongoDB, and shops on it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo, NoMongod
from app.serve.embedded.mongod import find_mongod
from tests.builders import Clock, RunningShop, open_shop
from tests.integration.service import Service

# How busy the machine is decides nothing.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

TESTS = Path(__file__).parent
SLOW = (TESTS / "integration", TESTS / "e2e")
"""What starts whole services."""


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what lies where everything is."""
    for item in items:
        if any(folder in item.path.parents for folder in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a one-node replica set that lives as long as the test session."""
    try:
        find_mongod()
    except NoMongod as error:
        pytest.skip(str(error))
    with EmbeddedMongo(tmp_path_factory.mktemp("data"), prepare=initiate) as mongo:
        yield mongo.uri


@pytest.fixture(scope="module")
def shop(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """Give a shop that the tests of one file share: each uses ids of its own."""
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture
def make_shop(
    mongo_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., RunningShop]]:
    """Give a way to open an empty shop with settings of one's own."""
    with ExitStack() as stack:

        def make(clock: Callable[[], float] = time.time, **settings: Any) -> RunningShop:
            folder = tmp_path_factory.mktemp("shop")
            return stack.enter_context(open_shop(mongo_uri, folder, clock, **settings))

        yield make


@pytest.fixture
def clock() -> Clock:
    """Give a clock for a shop to go by."""
    return Clock(datetime.now(UTC))


@pytest.fixture(scope="session")
def linux_with_mongod() -> None:
    """Skip where services cannot be started or looked at."""
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are looked at through /proc, which only Linux has")
    try:
        find_mongod()
    except NoMongod as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def service(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service that all tests share: each uses ids of its own and breaks nothing."""
    running = Service(tmp_path_factory.mktemp("service") / "data")
    try:
        yield running.start()
    finally:
        running.end()
