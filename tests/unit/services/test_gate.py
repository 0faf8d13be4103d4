"""The gate between requests and the database."""

import time
from threading import Event, Thread
from typing import Any

import pytest

from app.domain.errors import StoreUnavailable, UnknownItem
from app.services import gate as gate_module
from app.services.gate import Gate, present_visit, visiting


class FakeContact:
    silence = 0.0

    def silent_seconds(self) -> float:
        return self.silence


@pytest.fixture
def contact() -> FakeContact:
    return FakeContact()


@pytest.fixture
def gate(contact: Any) -> Gate:
    return Gate(contact, places=2)


def deal(gate: Gate, *, fails: Exception | None = None, within: float | None = None) -> float:
    """Deal with the database once, for a request of its own; return the seconds given."""
    with visiting(lambda: gate):
        return deal_again(fails=fails, within=within)


def deal_again(*, fails: Exception | None = None, within: float | None = None) -> float:
    visit = present_visit()
    assert visit is not None
    with visit.dealing(within) as seconds:
        if fails is not None:
            raise fails
        return seconds


def hold(gate: Gate, go_on: Event) -> Thread:
    """Take a place in a thread of its own until told to go on; return when it is taken."""
    taken = Event()

    def run() -> None:
        with visiting(lambda: gate):
            deal_again()
            taken.set()
            go_on.wait(10)

    thread = Thread(target=run)
    thread.start()
    assert taken.wait(10)
    return thread


def test_background_work_is_no_visit(gate: Gate) -> None:
    assert present_visit() is None
    with visiting(lambda: gate):
        assert present_visit() is not None
    assert present_visit() is None


def test_each_dealing_has_a_deadline(gate: Gate) -> None:
    assert deal(gate) == 4.0
    assert deal(gate, within=0.1) == 0.1
    assert deal(gate, within=100) == 4.0


def test_a_database_that_is_away_is_asked_by_a_probe_alone(
    gate: Gate, contact: FakeContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact.silence = float("inf")
    assert gate.is_away
    assert deal(gate, within=9) == 1.0  # the probe, which may not take long
    gate.failed()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            deal(gate)
    monkeypatch.setattr(gate_module, "_PROBE_EVERY", 0.0)
    gate._next_probe = 0.0  # as if time had passed
    with pytest.raises(StoreUnavailable):
        deal(gate, fails=StoreUnavailable())
    assert gate.is_away


def test_a_probe_that_comes_back_opens_it_whatever_the_feed_knows(
    gate: Gate, contact: FakeContact
) -> None:
    contact.silence = float("inf")
    deal(gate)
    assert not gate.is_away
    assert deal(gate) == 4.0
    with pytest.raises(StoreUnavailable):
        deal(gate, fails=StoreUnavailable())
    assert gate.is_away


def test_what_fails_ends_the_dealings_of_its_request(gate: Gate) -> None:
    with visiting(lambda: gate):
        with pytest.raises(StoreUnavailable):
            deal_again(fails=StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            deal_again()
    deal(gate)  # another request's


def test_other_failures_are_none_of_its_business(gate: Gate) -> None:
    with visiting(lambda: gate):
        with pytest.raises(UnknownItem):
            deal_again(fails=UnknownItem("tea"))
        deal_again()


def test_a_request_waits_for_a_place_while_the_database_is_well(gate: Gate) -> None:
    go_on = Event()
    held = [hold(gate, go_on) for _ in range(2)]
    with pytest.raises(StoreUnavailable):
        deal(gate, within=0.02)
    Thread(target=lambda: (time.sleep(0.05), go_on.set())).start()
    assert deal(gate) == 4.0
    for thread in held:
        thread.join(10)


def test_nobody_waits_for_a_place_when_the_database_is_in_doubt(
    gate: Gate, contact: FakeContact
) -> None:
    go_on = Event()
    held = [hold(gate, go_on) for _ in range(2)]
    contact.silence = 1.0
    assert not gate.is_away
    with pytest.raises(StoreUnavailable):
        deal(gate, within=1e9)  # would wait for ever
    go_on.set()
    for thread in held:
        thread.join(10)
    deal(gate)


def test_places_are_given_back_whatever_happens(gate: Gate) -> None:
    for error in (StoreUnavailable(), UnknownItem("tea")) * 5:
        with pytest.raises(type(error)):
            deal(gate, fails=error)
    assert deal(gate, within=0.01)


def test_a_request_without_dealings_needs_no_gate() -> None:
    def none() -> Gate:
        raise AssertionError("asked for")

    with visiting(none):
        pass
