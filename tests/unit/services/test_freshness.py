"""Freshness tokens: whatever stands in one, nobody fails and nobody waits for nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import Position
from app.services.freshness import Freshness

NOW = 1_750_000_000
NAME = "1a2b3c4d"
texts = st.text() | st.from_regex(r"\A[-+_ 0-9a-fx]*-[0-9a-f]*-(1a2b3c4d)?\Z")


class FakeStore:
    asked = 0

    def installation(self) -> str:
        self.asked += 1
        return NAME


class FakeFeed:
    """Has reached everything up to `place`; remembers what it was asked to wait for."""

    def __init__(self) -> None:
        self.place = Position(NOW, 5)
        self.waited: list[tuple[Position, float]] = []

    def wait(self, position: Position, *, seconds: float) -> bool:
        self.waited.append((position, seconds))
        return position <= self.place


def make() -> tuple[Freshness, FakeFeed]:
    feed: Any = FakeFeed()
    store: Any = FakeStore()
    return Freshness(store, feed, unix_time=lambda: float(NOW)), feed


@given(st.integers(0, NOW + 60), st.integers(0, 2**32 - 1))
def test_a_token_leads_back_to_its_place(seconds: int, increment: int) -> None:
    freshness, feed = make()
    place = Position(seconds, increment)
    assert freshness.is_reached(freshness.token(place)) == (place <= feed.place)
    assert feed.waited == [(place, 0.05)]


@given(texts)
def test_no_text_does_harm(text: str) -> None:
    freshness, feed = make()
    freshness.is_reached(text)
    assert all(seconds <= 0.05 for _, seconds in feed.waited)
    assert all(place.seconds <= NOW + 60 for place, _ in feed.waited)


@pytest.mark.parametrize("text", ["", "x", "1-2", f"z-1-{NAME}", f"1-z-{NAME}", "1-2-other"])
def test_garbage_is_passed_over(text: str) -> None:
    freshness, feed = make()
    assert freshness.is_reached(text)
    assert feed.waited == []


@pytest.mark.parametrize(("ahead", "waits"), [(60, 1), (61, 0), (10**9, 0)])
def test_the_future_is_passed_over(ahead: int, waits: int) -> None:
    freshness, feed = make()
    freshness.is_reached(freshness.token(Position(NOW + ahead, 1)))
    assert len(feed.waited) == waits


def test_the_name_of_the_database_is_asked_for_once() -> None:
    store: Any = FakeStore()
    feed: Any = FakeFeed()
    freshness = Freshness(store, feed, unix_time=lambda: float(NOW))
    freshness.prepare()
    for _ in range(3):
        freshness.is_reached(freshness.token(Position(1, 1)))
    assert store.asked == 1
