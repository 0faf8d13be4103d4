"""Background work: whoever holds the lease does it."""

from threading import Event
from typing import Any

import pytest
import structlog

from app.domain.errors import StoreUnavailable
from app.services.chores import Chores

PATIENCE = 10.0


class FakeLeases:
    """Leases that do not run out."""

    def __init__(self) -> None:
        self.holder_of: dict[str, str] = {}

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        return self.holder_of.setdefault(name, holder) == holder


@pytest.fixture
def every_log():
    """Collect what is logged, whatever level another test has set."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with structlog.testing.capture_logs() as logs:
        yield logs
    structlog.configure(**before)


def test_one_of_many_does_each_task():
    leases, done = FakeLeases(), []
    workers = [Chores(leases, {"a": lambda n=n: done.append(n)}, seconds=1) for n in range(3)]
    for _ in range(2):
        for worker in workers:
            worker.run_once()
    assert done == [0, 0]
    leases.holder_of.clear()
    workers[2].run_once()
    assert done == [0, 0, 2]


def test_each_task_has_its_own_lease():
    leases, done = FakeLeases(), []
    leases.holder_of["a"] = "somebody else"
    tasks: Any = {"a": lambda: done.append("a"), "b": lambda: done.append("b")}
    Chores(leases, tasks, seconds=1).run_once()
    assert done == ["b"]


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("a bug")])
def test_a_failure_is_told_and_does_not_end_it(error, every_log):
    failures, came_back = [error], Event()

    def task():
        if failures:
            raise failures.pop()
        came_back.set()

    chores = Chores(FakeLeases(), {"a": task}, seconds=0.001)
    chores.start()
    assert came_back.wait(PATIENCE)
    chores.stop()
    wanted = "chores put off" if isinstance(error, StoreUnavailable) else "a chore failed"
    assert [log["event"] for log in every_log] == [wanted]


def test_it_can_be_stopped_before_it_began():
    Chores(FakeLeases(), {}, seconds=60).stop()
