"""Background work at intervals."""

from threading import Event

import pytest

from app.domain.errors import StoreUnavailable
from app.services.chores import Rounds

PATIENCE = 10.0


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


def test_it_can_be_stopped_before_it_began():
    Rounds("work", lambda: None, seconds=60).stop()
