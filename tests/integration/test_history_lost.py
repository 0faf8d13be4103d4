"""A feed whose place has left the history: all is loaded anew, and the old state answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from app.bootstrap.live import Live
from app.domain.changes import START, Change, ChangeBatch, Collection
from app.domain.ratings import Rating
from app.domain.recommendations import Query
from app.live.feed import Feed
from app.recommender.shelves import build_recommendations
from app.repositories.changes import MongoChanges
from app.services.health import Health
from tests.builders import RunningShop
from tests.integration.processes import eventually
from tests.integration.recovering import lost_token


def lost_place(shop: RunningShop) -> ChangeBatch:
    """Return the place of a change that the history does not hold (any more)."""
    token = lost_token(shop.database, shop.item)
    return replace(shop.repositories.changes.now(), position=START, resume_token=token)


class Rewound(MongoChanges):
    """Follows as always; once it is rewound, it asks once from a lost place."""

    def __init__(self, shop: RunningShop) -> None:
        super().__init__(shop.repositories.store)
        self.rewound = Event()
        self._lost = lost_place(shop).resume_token

    def follow(self, after: Any) -> Iterator[ChangeBatch]:
        if self.rewound.is_set():
            self.rewound.clear()
            after = self._lost
        for batch in super().follow(after):
            if self.rewound.is_set():
                return  # what this batch holds is lost
            yield batch


class Slow:
    """A projection whose load takes as long as the test likes."""

    name = "slow"
    collections: tuple[Collection, ...] = ()

    def __init__(self) -> None:
        self.loads = 0
        self.go_on = Event()
        self.go_on.set()

    def load(self) -> None:
        self.loads += 1
        assert self.go_on.wait(60)

    def apply(self, change: Change) -> None: ...


ITEMS = "abcdef"


class Memory:
    """A worker's memory beside the shop's own, and its feed."""

    def __init__(self, shop: RunningShop) -> None:
        self.log, self.slow = Rewound(shop), Slow()
        self.live = Live(shop.repositories)
        projections: Any = (self.slow, *self.live.all)
        self.feed = Feed(self.log, projections, self.live.tables.lock)
        self.health = Health(shop.repositories.store, self.feed)
        self.shelves = build_recommendations(self.live.memory)

    def rated(self) -> int:
        return len(self.live.tables.preferences)

    def read(self) -> list[str]:
        page = self.shelves.shelf("popular", Query("ann", n=100))
        shown = [place.product.item_id for place in page.items]
        return [item_id for item_id in shown if item_id in ITEMS]


@pytest.fixture
def shop(make_shop) -> RunningShop:
    shop = make_shop()
    shop.put_items(*[{"item_id": item} for item in ITEMS])
    for user in ("ann", "bob"):
        shop.rate(user, "a", 5)
    return shop


@contextmanager
def readers(memory: Memory, allowed: list[list[str]]) -> Iterator[list[list[str]]]:
    """Read without a pause while the body runs; no answer may be another than the allowed."""
    stop, wrong = Event(), []

    def read() -> None:
        while not stop.is_set():
            if (answer := memory.read()) not in allowed:
                wrong.append(answer)

    threads = [Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert wrong == []


def test_a_running_worker_loads_anew_and_answers_meanwhile(shop):
    memory = Memory(shop)
    memory.feed.start()
    try:
        assert (memory.rated(), memory.slow.loads) == (2, 1)
        ratings, before, after = shop.repositories.ratings, list("bcdef"), list("cdef")
        with readers(memory, [before, after]):
            memory.slow.go_on.clear()
            memory.log.rewound.set()
            ratings.put(Rating("ann", "b", 4.0))
            ratings.remove("bob", "a")
            assert eventually(lambda: memory.slow.loads == 2)
            state = memory.health.readiness()
            assert (state.ready, state.database, state.reloading) == (True, True, True)
            assert memory.feed.contact.silent_seconds() == 0  # it is not held to be away
            assert memory.read() == before
            last = ratings.put(Rating("cyd", "a", 1.0))  # while it loads
            memory.slow.go_on.set()
            assert memory.feed.wait(last, seconds=60)
            assert eventually(lambda: not memory.feed.reloading)
        assert memory.read() == after
        assert memory.rated() == 3
        assert memory.health.readiness().reloading is False
        assert memory.feed.wait(ratings.put(Rating("cyd", "b", 1.0)), seconds=60)
        assert memory.rated() == 4
    finally:
        memory.feed.stop()


def test_memory_restored_from_a_lost_place_is_loaded(shop):
    memory = Memory(shop)
    memory.feed.start(lost_place(shop))
    try:
        assert memory.slow.loads == 1
        assert memory.rated() == 2
    finally:
        memory.feed.stop()


def test_memory_that_stands_already_only_catches_up(shop):
    memory = Memory(shop)
    for projection in memory.live.all:
        projection.load()
    begin = memory.log.now()
    shop.rate("ann", "c", 2)
    memory.feed.start(begin)
    try:
        assert memory.feed.loaded
        assert (memory.slow.loads, memory.rated(), memory.feed.applied) == (0, 3, 1)
    finally:
        memory.feed.stop()
