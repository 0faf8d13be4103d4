"""flask memory beside a running service, whose data lie deep."""

import json
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.accounts import Role
from app.live.footprint import process_memory
from tests.integration.processes import eventually, kill
from tests.integration.service import GUNICORN, Service, free_port

DEEP = 150  # characters: more than the address of a socket may have with a name behind it


@pytest.fixture(scope="module")
def deep_service(
    linux_with_mongod: None, mongo_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Give a service far down, with two ratings."""
    folder = tmp_path_factory.mktemp("deep") / ("d" * DEEP) / "data"
    folder.parent.mkdir()
    database = f"memory_{secrets.token_hex(6)}"
    running = Service(folder, command=GUNICORN, mongo_uri=mongo_uri, mongo_db=database)
    try:
        running.start().admin.put_items("tea", "cup", "pot")
        for user in ("ann", "bob"):
            running.client(Role.STOREFRONT).rate(user, "tea", 5).done()
        running.settle()
        yield running
    finally:
        running.end()


@pytest.fixture
def deep(deep_service: Service) -> Service:
    """Give that service; where a test stopped it, it is started again."""
    return deep_service.start()


def workers(service: Service) -> dict[int, dict[str, Any]]:
    """Return what `flask memory --json` says, by process id."""
    result = service.flask("memory", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["workers"]
    return {worker["pid"]: worker for worker in found}


def test_every_worker_is_there_with_figures_that_fit_the_kernels(deep):
    found = workers(deep)
    assert set(found) == deep.workers()
    for pid, worker in found.items():
        counted = process_memory(pid)
        for kind in ("resident", "proportional", "private"):
            assert worker[kind] == pytest.approx(getattr(counted, kind), rel=0.2)
        assert worker["private"] < worker["proportional"] < worker["resident"]
        assert (worker["ratings"], worker["users"], worker["items"]) == (2, 2, 3)
        assert worker["tables"] > 0


def test_the_table_names_both_workers_and_adds_up(deep):
    result = deep.flask("memory")
    assert result.returncode == 0, result.stderr
    _, *rows, total = [line.split() for line in result.stdout.splitlines()]
    assert {int(row[0]) for row in rows} == deep.workers()
    assert float(total[1]) == pytest.approx(sum(float(row[2]) for row in rows), abs=0.2)


def test_the_successor_of_a_killed_worker_is_listed_and_the_dead_is_not(deep):
    victim, survivor = deep.workers()
    kill(victim)
    assert eventually(lambda: victim not in deep.workers() and deep.is_up(), 60)
    assert set(workers(deep)) == deep.workers()
    assert survivor in deep.workers()
    names = sorted(path.name for path in (deep.data_dir / "run" / str(deep.port)).iterdir())
    assert names == sorted(f"{pid}.sock" for pid in deep.workers())


def test_a_service_on_another_port_with_the_same_data_is_not_confused_with_it(deep):
    port = deep.port
    deep.port = free_port()
    try:
        result = deep.flask("memory")
    finally:
        deep.port = port
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: No worker of this service runs: nobody listens in ")
    assert not (deep.data_dir / "mongodb").exists()


def test_a_stopped_service_leaves_no_socket(deep):
    running = deep.workers()
    assert set(workers(deep)) == running
    assert deep.stop() == 0
    assert os.listdir(deep.data_dir / "run" / str(deep.port)) == []
    assert deep.flask("memory").returncode == 1
