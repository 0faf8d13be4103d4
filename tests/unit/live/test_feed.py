"""The feed, following a change log written by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Queue
from threading import Event, RLock
from typing import Any

import pytest

from app.domain.changes import START, Change, ChangeBatch, Collection, Position
from app.domain.deletions import Deletion, Doomed
from app.domain.errors import HistoryLost, StoreUnavailable
from app.live import feed as contact_module
from app.live import feed as feed_module
from app.live.feed import Contact, Feed

PATIENCE = 10.0
"""Seconds after which a test gives up; none of them takes a tenth of a second."""


def at(tick: int, *changes: Change) -> ChangeBatch:
    place = Position(100, tick)
    return ChangeBatch(list(changes), place, place, f"token {tick}")


def rating(key: str) -> Change:
    return Change(Collection.RATINGS, key, "value")


class Script:
    """A change log that tells what the test tells it, and remembers where it was asked to begin."""

    def __init__(self) -> None:
        self.told: Queue[ChangeBatch | Exception] = Queue()
        self.begun: list[Any] = []
        self.tick = 0

    def now(self) -> ChangeBatch:
        return at(self.tick)

    def follow(self, after: Any) -> Iterator[ChangeBatch]:
        self.begun.append(after)
        yield at(self.tick)
        while True:
            said = self.told.get(timeout=PATIENCE)
            if isinstance(said, Exception):
                raise said
            yield said

    def say(self, *changes: Change) -> Position:
        self.tick += 1
        self.told.put(at(self.tick, *changes))
        return Position(100, self.tick)


class Memory:
    """A projection that writes down what it is told."""

    name = "memory"

    def __init__(self, *collections: Collection) -> None:
        self.collections = collections
        self.heard: list[Any] = []
        self.loads = 0
        self.loaded = Event()
        self.away = 0
        self.error: Exception = StoreUnavailable()

    def load(self) -> None:
        if self.away:
            self.away -= 1
            raise self.error
        self.loads += 1
        self.loaded.set()

    def apply(self, change: Change) -> None:
        self.heard.append(change.key)

    def forget(self, user_id: str) -> None:
        self.heard.append(f"forget {user_id}")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_RETRY_SECONDS", 0.001)


@pytest.fixture
def log() -> Script:
    return Script()


@pytest.fixture
def memory() -> Memory:
    return Memory(Collection.RATINGS)


@pytest.fixture
def feed(log: Script, memory: Memory) -> Iterator[Feed]:
    feed = Feed(log, [memory], RLock())  # type: ignore[list-item]
    yield feed
    log.told.put(at(10**6))  # so that it looks up and sees that it shall stop
    feed.stop()


def test_it_loads_once_and_follows_from_before(feed: Feed, log: Script, memory: Memory) -> None:
    log.tick = 7
    assert not feed.loaded
    feed.start()
    assert feed.loaded
    assert memory.loads == 1
    assert log.begun == ["token 7"]
    assert feed.position == (100, 7)


def test_changes_arrive_in_order(feed: Feed, log: Script, memory: Memory) -> None:
    feed.start()
    keys = [f"{number}" for number in range(500)]  # more than one hold of the lock
    log.say(*map(rating, keys[:300]))
    assert feed.wait(log.say(*map(rating, keys[300:])), seconds=PATIENCE)
    assert memory.heard == keys


def test_each_hears_of_its_own_collections(log: Script) -> None:
    ratings, both = Memory(Collection.RATINGS), Memory(Collection.ITEMS, Collection.RATINGS)
    feed = Feed(log, [ratings, both], RLock())  # type: ignore[list-item]
    feed.start()
    log.say(rating("r"), Change(Collection.ITEMS, "i"), Change(Collection.USERS, "u"))
    assert feed.wait(Position(100, 1), seconds=PATIENCE)
    assert (ratings.heard, both.heard) == (["r"], ["r", "i"])
    log.told.put(at(10**6))
    feed.stop()


def mark(kind: Doomed, id_: str, *, complete: bool = False) -> Change:
    deletion = Deletion(kind, id_, datetime(2026, 5, 1, tzinfo=UTC), "digest", complete)
    return Change(Collection.DELETIONS, {"kind": kind, "id": id_}, deletion)


def test_all_forget_whoever_is_marked(log: Script) -> None:
    """An item is marked too; and who is marked as gone may be back."""
    memories = [Memory(Collection.RATINGS), Memory()]
    feed = Feed(log, memories, RLock())  # type: ignore[arg-type]
    feed.start()
    log.say(
        rating("before"),
        mark(Doomed.SUBJECT, "ann"),
        mark(Doomed.ITEM, "bob"),
        rating("after"),
        mark(Doomed.SUBJECT, "ann", complete=True),
        Change(Collection.DELETIONS, {"kind": "user", "id": "ann"}),
        Change(Collection.DELETIONS, None),
    )
    assert feed.wait(Position(100, 1), seconds=PATIENCE)
    heard = [memory.heard for memory in memories]
    assert heard == [["before", "forget ann", "after"], ["forget ann"]]
    log.told.put(at(10**6))
    feed.stop()


def test_wait_says_whether_it_came_to_pass(feed: Feed, log: Script) -> None:
    assert feed.wait(Position(999, 0))  # without a feed there is no memory to wait for
    feed.start()
    assert feed.wait(None)
    assert feed.wait(START)
    assert not feed.wait(Position(100, 1), seconds=0.01)
    log.say(rating("a"))
    assert feed.wait(Position(100, 1), seconds=PATIENCE)
    assert feed.wait(Position(100, 0), seconds=0)


def test_a_lost_history_is_loaded_anew(feed: Feed, log: Script, memory: Memory) -> None:
    feed.start()
    memory.loaded.clear()
    log.tick = 40
    log.told.put(HistoryLost())
    assert memory.loaded.wait(PATIENCE)
    assert feed.wait(log.say(rating("after")), seconds=PATIENCE)
    assert memory.loads == 2
    assert log.begun == ["token 0", "token 40"]
    assert memory.heard == ["after"]
    assert feed.loaded


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("of any kind")])
def test_a_load_that_fails_is_tried_again(
    feed: Feed, log: Script, memory: Memory, error: Exception
) -> None:
    feed.start()
    memory.away, memory.error = 3, error
    memory.loaded.clear()
    for _ in range(4):
        log.told.put(HistoryLost())
    assert memory.loaded.wait(PATIENCE)
    assert feed.wait(log.say(rating("after")), seconds=PATIENCE)


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("of any kind")])
def test_it_goes_on_from_its_last_place(
    feed: Feed, log: Script, memory: Memory, error: Exception
) -> None:
    feed.start()
    assert feed.wait(log.say(rating("before")), seconds=PATIENCE)
    log.told.put(error)
    assert feed.wait(log.say(rating("after")), seconds=PATIENCE)
    assert log.begun == ["token 0", "token 1"]
    assert memory.heard == ["before", "after"]
    assert memory.loads == 1


def test_a_database_that_is_away_at_the_start_is_said_so(log: Script, memory: Memory) -> None:
    memory.away = 1
    feed = Feed(log, [memory], RLock())  # type: ignore[list-item]
    with pytest.raises(StoreUnavailable):
        feed.start()
    assert not feed.loaded
    assert feed.behind_seconds() == float("inf")


def test_it_knows_how_far_it_is_behind(feed: Feed, log: Script) -> None:
    feed.start()
    assert feed.behind_seconds() == 0
    log.told.put(ChangeBatch([], Position(100, 1), Position(130, 0), "token 1"))
    assert feed.wait(Position(100, 1), seconds=PATIENCE)
    assert feed.behind_seconds() == 30
    log.told.put(ChangeBatch([], Position(130, 0), Position(130, 0), "token 2"))
    assert feed.wait(Position(130, 0), seconds=PATIENCE)
    assert feed.behind_seconds() == 0
    log.tick = 10**7


def test_its_place_never_moves_back(feed: Feed, log: Script) -> None:
    feed.start()
    feed.wait(log.say(), seconds=PATIENCE)
    log.told.put(at(0, rating("late")))
    assert feed.wait(log.say(), seconds=PATIENCE)
    assert feed.position == (100, 2)


def test_memory_that_stands_already_is_not_loaded(feed: Feed, log: Script, memory: Memory) -> None:
    log.tick = 9
    feed.start(at(4))
    assert feed.loaded
    assert memory.loads == 0
    assert log.begun == ["token 4"]
    log.say(rating("a"), rating("b"))
    assert feed.wait(Position(100, 10), seconds=PATIENCE)
    assert feed.applied == 2


def test_it_knows_that_the_database_is_away_until_it_hears_it(feed: Feed, log: Script) -> None:
    feed.start()
    assert feed.contact.silent_seconds() < PATIENCE
    heard, go_on = Event(), Event()
    follow = log.follow

    def away(after: Any) -> Iterator[ChangeBatch]:
        heard.set()
        assert go_on.wait(PATIENCE)
        return follow(after)

    log.follow = away  # type: ignore[method-assign]
    log.told.put(StoreUnavailable())
    assert heard.wait(PATIENCE)
    assert feed.contact.silent_seconds() == float("inf")
    go_on.set()
    assert feed.wait(log.say(), seconds=PATIENCE)
    assert feed.contact.silent_seconds() < PATIENCE


def test_one_change_that_cannot_be_applied_stops_nothing(log: Script) -> None:
    class Picky(Memory):
        def apply(self, change: Change) -> None:
            if change.key == "odd":
                raise ValueError(change.key)
            super().apply(change)

    memory, other = Picky(Collection.RATINGS), Memory(Collection.RATINGS)
    feed = Feed(log, [memory, other], RLock())  # type: ignore[list-item]
    feed.start()
    assert feed.wait(log.say(rating("a"), rating("odd"), rating("b")), seconds=PATIENCE)
    assert (memory.heard, other.heard) == (["a", "b"], ["a", "odd", "b"])
    log.told.put(at(10**6))
    feed.stop()


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
