"""Services that tests may break."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.integration.service import GUNICORN, Service


@pytest.fixture(scope="module")
def own_service(
    linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Give a service that the tests of one file may break."""
    running = Service(tmp_path_factory.mktemp("own") / "data")
    try:
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def make_gunicorn(
    linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Service]]:
    """Give a way to run gunicorn alone, on a new database of a MongoDB that is there."""
    with ExitStack() as stack:

        def make(uri: str, **settings: Any) -> Service:
            name = f"http_{secrets.token_hex(6)}"
            folder = tmp_path_factory.mktemp("gunicorn") / "data"
            running = Service(folder, command=GUNICORN, mongo_uri=uri, mongo_db=name, **settings)
            stack.callback(running.end)
            return running

        yield make
