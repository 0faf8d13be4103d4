"""What the feed's ear says of the database."""

import pytest

from app.domain.changes import Position
from app.live import feed as contact_module
from app.live.feed import Contact


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(contact_module, "time", clock)
    return clock


def test_silence_counts_while_somebody_listens(clock: Clock) -> None:
    contact = Contact()
    clock.now += 50
    assert contact.silent_seconds() == 0
    contact.heard(Position(100, 1))
    clock.now += 2
    assert contact.silent_seconds() == 2
    contact.pause()
    assert contact.silent_seconds() == 0


def test_a_failed_command_says_more_than_silence(clock: Clock) -> None:
    contact = Contact()
    contact.heard(Position(100, 1))
    contact.lost()
    assert contact.silent_seconds() == float("inf")
    contact.pause()
    assert contact.silent_seconds() == float("inf")
    contact.heard(Position(100, 1))
    assert contact.silent_seconds() == 0


def test_the_databases_clock_goes_on_while_it_is_silent(clock: Clock) -> None:
    contact = Contact()
    contact.heard(Position(100, 1))
    clock.now += 7
    contact.lost()
    assert contact.clock_seconds() == 107
    contact.heard(Position(90, 1))  # a member that is behind
    assert contact.head == (100, 1)
