"""Freshness tokens: whatever stands in one, nobody fails and nobody waits for nothing."""

from collections.abc import Mapping
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import Position
from app.domain.errors import StoreUnavailable
from app.domain.recommendations import OwnRecord
from app.live.freshness import Freshness, Sight

NOW = 1_750_000_000
NAME = "1a2b3c4d"
OWN = {"tea": 4.0}
RECORD = OwnRecord(OWN, [])
texts = st.text() | st.from_regex(r"\A[-+_ 0-9a-fx]*-[0-9a-f]*-(1a2b3c4d)?\Z")


class FakeStore:
    asked = 0

    def installation(self) -> str:
        self.asked += 1
        return NAME


class FakeContact:
    """The database's clock, whatever this machine's says."""

    def clock_seconds(self) -> float:
        return NOW


class FakeFeed:
    """Has reached everything up to `place`; remembers what it was asked to wait for."""

    def __init__(self) -> None:
        self.contact = FakeContact()
        self.place = Position(NOW, 5)
        self.waited: list[tuple[Position, float]] = []

    def wait(self, position: Position, *, seconds: float) -> bool:
        self.waited.append((position, seconds))
        return position <= self.place


class FakeRatings:
    """Remembers who was asked for, and in how much time."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.away = False

    def values_of(self, user_id: str, *, seconds: float) -> Mapping[str, float]:
        self.asked.append((user_id, seconds))
        if self.away:
            raise StoreUnavailable
        return OWN


class FakeEvents:
    """Nobody did anything."""

    def of_subject(self, subject: str, *, seconds: float) -> list[Any]:
        return []


def make(ratings: Any = None) -> tuple[Freshness, FakeFeed]:
    feed: Any = FakeFeed()
    store: Any = FakeStore()
    events: Any = FakeEvents()
    return Freshness(store, feed, ratings or FakeRatings(), events), feed


def token_of(freshness: Freshness, ahead: int = 1) -> str:
    return freshness.token(Position(NOW + ahead, 1))


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
def test_the_future_of_the_database_is_passed_over(ahead: int, waits: int) -> None:
    freshness, feed = make()
    freshness.is_reached(token_of(freshness, ahead))
    assert len(feed.waited) == waits


def test_the_name_of_the_database_is_asked_for_once() -> None:
    store: Any = FakeStore()
    feed: Any = FakeFeed()
    ratings: Any = FakeRatings()
    events: Any = FakeEvents()
    freshness = Freshness(store, feed, ratings, events)
    freshness.prepare()
    for _ in range(3):
        freshness.is_reached(freshness.token(Position(1, 1)))
    assert store.asked == 1


def test_the_database_is_asked_only_where_memory_is_late() -> None:
    ratings = FakeRatings()
    freshness, _ = make(ratings)
    assert freshness.sight(token_of(freshness, 0), "ann") == Sight(True)
    assert ratings.asked == []
    assert freshness.sight(token_of(freshness, 1), "ann") == Sight(True, RECORD)
    assert ratings.asked == [("ann", 0.1)]


def test_without_a_shopper_there_are_no_ratings_to_read() -> None:
    ratings = FakeRatings()
    freshness, _ = make(ratings)
    assert freshness.sight(token_of(freshness), None) == Sight(False)
    assert ratings.asked == []


def test_a_database_that_is_away_makes_a_read_stale() -> None:
    ratings = FakeRatings()
    ratings.away = True
    freshness, _ = make(ratings)
    for _ in range(5):  # and what was tried is given back
        assert freshness.sight(token_of(freshness), "ann") == Sight(False)
    assert len(ratings.asked) == 5


def test_stalled_reads_do_not_pile_up() -> None:
    begun, go_on = Barrier(3, timeout=10), Event()

    class Slow(FakeRatings):
        def values_of(self, user_id: str, *, seconds: float) -> Mapping[str, float]:
            begun.wait()
            go_on.wait(10)
            return OWN

    freshness, _ = make(Slow())
    token, seen = token_of(freshness), []
    readers = [
        Thread(target=lambda: seen.append(freshness.sight(token, "ann").fresh)) for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    begun.wait()
    assert freshness.sight(token, "ann") == Sight(False)
    go_on.set()
    for reader in readers:
        reader.join(10)
    assert seen == [True, True]
