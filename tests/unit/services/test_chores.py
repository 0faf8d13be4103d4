"""Background work: whoever holds the lease does it."""

from threading import Event
from typing import Any

import pytest

from app.domain.errors import StoreUnavailable
from app.services.chores import Chores, Rounds

PATIENCE = 10.0


class FakeLeases:
    """Leases that do not run out."""

    def __init__(self) -> None:
        self.holder_of: dict[str, str] = {}

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        return self.holder_of.setdefault(name, holder) == holder


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


def test_they_are_done_in_the_background():
    done = Event()
    chores = Chores(FakeLeases(), {"a": done.set}, seconds=0.001)
    chores.start()
    assert done.wait(PATIENCE)
    chores.stop()


def test_it_can_be_stopped_before_it_began():
    Chores(FakeLeases(), {}, seconds=60).stop()


@pytest.mark.parametrize(
    ("error", "wanted"),
    [(StoreUnavailable(), "work put off"), (RuntimeError("a bug"), "work failed")],
)
def test_a_failure_is_told_and_does_not_end_it(error, wanted, every_log):
    failures, came_back = [error], Event()

    def action():
        if failures:
            raise failures.pop()
        came_back.set()

    rounds = Rounds("work", action, seconds=0.001)
    rounds.start()
    assert came_back.wait(PATIENCE)
    rounds.stop()
    assert [log["event"] for log in every_log] == [wanted]


def test_rounds_can_be_stopped_before_they_began():
    Rounds("work", lambda: None, seconds=60).stop()
