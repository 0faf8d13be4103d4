"""What every subject did, newest first."""

import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int32s, Int64s
from app.engine.tables import history_kernels as kernels
from app.engine.tables.arrays import Arrays, resized
from app.engine.tables.event_record import (
    EVENT,
    WORDS,
    EventBatch,
    EventRows,
    Fact,
    Vocabulary,
    gather,
    hash_of,
    newest_of_each,
    order_hash,
)
from app.engine.tables.ids import IdIndex

_FIRST_PLACES = 64
_STATE_SIZE = 4
_TABLES = ("newest", "counts", "of_item", "bought", "named", "state")
KEPT = 1000
"""Events of one subject in memory: the newest ones."""


class EventLists:
    """Events in places, each in a list of its subject and in one of its item.

    Knows rows and no ids; `History` says what goes in, and holds the lock.
    """

    def __init__(self) -> None:
        self._take(np.zeros((_FIRST_PLACES, WORDS), np.int32))
        self.newest: Int32s = np.zeros(0, np.int32)
        """The place of each subject's newest event, 0 for none."""
        self.counts: Int32s = np.zeros(0, np.int32)
        """Events, by subject."""
        self.of_item: Int32s = np.zeros((0, 2), np.int32)
        """The places of each item's last purchase and last other event."""
        self.bought: Int32s = np.zeros(0, np.int32)
        """Purchases, by item."""
        self.named: Int32s = np.zeros(0, np.int32)
        """Events, by item."""
        self.state: Int64s = np.zeros(_STATE_SIZE, np.int64)
        self.state[kernels.UNUSED] = 1

    @classmethod
    def of(cls, events: EventRows, users: int, items: int) -> Self:
        """Return lists of events that stand by subject, oldest first, with room for such rows."""
        lists = cls()
        lists.fit(users, items)
        lists._lay_out(events)
        return lists

    @classmethod
    def restored(cls, arrays: Arrays) -> Self:
        """Return what `arrays` described; they are taken, not copied."""
        lists = cls()
        lists._take(arrays["words"])
        for name in _TABLES:
            setattr(lists, name, arrays[name])
        return lists

    def _take(self, words: Int32s) -> None:
        self._words = words
        self.events: EventRows = words.view(EVENT)[:, 0]
        """All places, shape (places,); a free one is no event."""

    @property
    def tables(self) -> kernels.Tables:
        """What the kernels change beside the events."""
        return self.newest, self.counts, self.of_item, self.bought, self.named, self.state

    @property
    def nbytes(self) -> int:
        return self._words.nbytes + sum(array.nbytes for array in self.tables)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the live arrays, for `restored`; of the places those that were used."""
        words = self._words[: int(self.state[kernels.UNUSED])]
        return {"words": words, **dict(zip(_TABLES, self.tables, strict=True))}

    def lengthen(self) -> None:
        """Make more places; no view of `events` may be left."""
        have = len(self._words)
        del self.events
        self._take(resized(self._words, have + have // 8 + _FIRST_PLACES))

    def fit(self, users: int, items: int) -> None:
        if users > self.newest.size:
            room = max(users, self.newest.size + self.newest.size // 8)
            self.newest, self.counts = resized(self.newest, room), resized(self.counts, room)
        if items > self.bought.size:
            room = max(items, self.bought.size + self.bought.size // 8)
            self.of_item = resized(self.of_item, room)
            self.bought, self.named = resized(self.bought, room), resized(self.named, room)

    def _lay_out(self, events: EventRows) -> None:
        end = events.size + 1
        self._take(np.zeros((end + end // 32 + _FIRST_PLACES, WORDS), np.int32))
        self.events[1:end] = events
        by_time = np.argsort(events["at"], kind="stable") + 1
        kernels.link_sorted(self.events, end, by_time, self.newest, self.of_item, self.counts)
        bought = events["item"][events["kind"] == kernels.PURCHASE]
        self.named[:] = np.bincount(events["item"], minlength=self.named.size)
        self.bought[:] = np.bincount(bought, minlength=self.bought.size)
        with_order = events[events["order"] != 0]
        orders = np.unique(with_order["subject"].astype(np.uint64) << 32 | with_order["order"])
        alone = np.count_nonzero((events["order"] == 0) & (events["kind"] == kernels.PURCHASE))
        self.state[:] = (end, 0, events.size, orders.size + alone)


Counter = Callable[[int, int, int, int], None]
"""Takes the item's row, the code of the kind, the time in ms, and 1 (came) or -1 (went)."""


class Pair(NamedTuple):
    """The rows of the subject and of the item that an event was about."""

    subject: int
    item: int


class History:
    """The newest `KEPT` events of every subject about items, each once, changed in place.

    Two lists run through the events: a subject's, in order of time, and an item's (purchases and
    others apart), in order of arrival. A subject's and an item's row hold one reference to their
    id while an event names them. Each method takes `lock`; rows are good only while it is held.
    """

    def __init__(self, users: IdIndex, items: IdIndex, lock: threading.RLock) -> None:
        self.users = users
        self.items = items
        self.lock = lock
        self.vocabulary = Vocabulary()
        self.counters: list[Counter] = []
        """Told of each event that comes or goes alone; not of `load` and `restore`."""
        self._lists = EventLists()

    def __len__(self) -> int:
        return int(self._lists.state[kernels.COUNT])

    @property
    def orders(self) -> int:
        """Number of orders with an event in memory; a purchase without one is one of its own."""
        return int(self._lists.state[kernels.ORDERS])

    @property
    def nbytes(self) -> int:
        return self._lists.nbytes

    @property
    def events(self) -> EventRows:
        """All places, shape (places,); for reading, with the lock held. A free one is no event."""
        return self._lists.events

    @property
    def newest(self) -> Int32s:
        """The place of each subject's newest event, 0 for none; shape (users.capacity,)."""
        self._fit()
        return self._lists.newest[: self.users.capacity]

    @property
    def of_item(self) -> Int32s:
        """The places of each item's last purchase and last other event, shape (items, 2)."""
        self._fit()
        return self._lists.of_item[: self.items.capacity]

    @property
    def purchases(self) -> Int32s:
        """Number of purchases of each item, shape (items.capacity,)."""
        self._fit()
        return self._lists.bought[: self.items.capacity]

    def places(self, subject: int) -> Int32s:
        """List the places of a subject's events, newest first."""
        if subject >= self._lists.newest.size:
            return np.empty(0, np.int32)
        return kernels.places_of(
            self.events, self._lists.newest, subject, int(self._lists.counts[subject])
        )

    def subjects(self) -> Int32s:
        """List the rows of the subjects that have events."""
        return np.flatnonzero(self._lists.counts).astype(np.int32)

    def count_of(self, subjects: Int32s) -> int:
        return int(self._lists.counts[subjects].sum())

    def of_subject(self, subject: str) -> EventRows:
        """Copy a subject's events, newest first."""
        with self.lock:
            row = self.users.row(subject)
            return self.events[self.places(row)] if row is not None else np.empty(0, EVENT)

    def add(self, subject: str, item: str, fact: Fact) -> tuple[Pair, ...]:
        """Take in an event; return the pairs whose events changed.

        None did if it is known already, or too old for a full history; two did if another event
        had to make way.
        """
        with self.lock:
            hashed = hash_of(fact.event_id)
            row = self._row(subject)
            if row is None or not self._lists.counts[row]:
                row = self.users.acquire(subject)
                self._fit()
            elif self._lists.counts[row] >= KEPT:
                gone = self._make_way(row, fact.at, hashed)
                if gone is None:
                    return ()
                pair = Pair(row, self._acquired(item))
                self._insert(pair, fact, hashed)
                return pair, gone
            pair = Pair(row, self._acquired(item))
            if self._insert(pair, fact, hashed):
                return (pair,)
            if not self._lists.named[pair.item]:
                self.items.release(pair.item)
            return ()

    def _row(self, subject: str) -> int | None:
        row = self.users.row(subject)
        return row if row is not None and row < self._lists.newest.size else None

    def _make_way(self, subject: int, at: int, hashed: int) -> Pair | None:
        """Drop the subject's oldest event, unless the new one is known or older than that."""
        if kernels.find(self.events, self._lists.newest, subject, np.uint64(hashed)):
            return None
        oldest = int(kernels.oldest(self.events, self._lists.newest, subject))
        event = self.events[oldest]
        if (int(event["at"]), int(event["hash"])) > (at, hashed):
            return None
        return self._drop(oldest)

    def _acquired(self, item: str) -> int:
        row = self.items.row(item)
        if row is None or row >= self._lists.named.size or not self._lists.named[row]:
            row = self.items.acquire(item)
            self._fit()
        return row

    def _insert(self, pair: Pair, fact: Fact, hashed: int) -> bool:
        words = self.vocabulary
        kind = words.kinds.code(fact.kind)
        values = (
            np.uint64(hashed), fact.at, *pair, np.uint32(order_hash(fact.order_id)), fact.price,
            kind, words.devices.code(fact.device), words.countries.code(fact.country),
            min(max(fact.quantity, 0), 255),
        )  # fmt: skip
        at = kernels.insert(self.events, self._lists.tables, *values)
        if at == kernels.FULL:
            self._lists.lengthen()
            at = kernels.insert(self.events, self._lists.tables, *values)
        if at == kernels.NONE:
            return False
        for count in self.counters:
            count(pair.item, kind, fact.at, 1)
        return True

    def remove(self, subject: str, event_id: str) -> Pair | None:
        """Forget an event; None if it is not here."""
        with self.lock:
            row = self._row(subject)
            if row is None:
                return None
            at = kernels.find(self.events, self._lists.newest, row, np.uint64(hash_of(event_id)))
            return self._drop(int(at)) if at else None

    def remove_subject(self, subject: str) -> int:
        """Forget all events of a subject; return how many there were."""
        with self.lock:
            row = self._row(subject)
            places = [] if row is None else self.places(row).tolist()
            for at in places:
                self._drop(at)
            return len(places)

    def _drop(self, at: int) -> Pair:
        event = self.events[at]
        pair = Pair(int(event["subject"]), int(event["item"]))
        kind, time = int(event["kind"]), int(event["at"])
        kernels.drop(self.events, self._lists.tables, at)
        for count in self.counters:
            count(pair.item, kind, time, -1)
        if not self._lists.counts[pair.subject]:
            self.users.release(pair.subject)
        if not self._lists.named[pair.item]:
            self.items.release(pair.item)
        return pair

    def load(self, batches: Iterable[EventBatch]) -> None:
        """Replace everything by batches; readers see the old state until the new one is complete.

        Of a subject with more than `KEPT` events the newest count.
        """
        gathered = gather(batches, self.users, self.items, self.lock, self.vocabulary)
        events = newest_of_each(gathered, KEPT)
        users, items = np.unique(events["subject"]), np.unique(events["item"])
        built = EventLists.of(events, self.users.capacity, self.items.capacity)
        with self.lock:  # what is kept holds one reference for each row it names
            former = self._filled()
            self.users.retain_many(users)
            self.items.retain_many(items)
            self._lists = built
            for index, rows in zip((self.users, self.items), former, strict=True):
                index.release_many(rows)
        # what was taken while gathering
        self.users.release_each(gathered["subject"], self.lock)
        self.items.release_each(gathered["item"], self.lock)

    def _filled(self) -> tuple[Int32s, Int32s]:
        return self.subjects(), np.flatnonzero(self._lists.named).astype(np.int32)

    def _fit(self) -> None:
        self._lists.fit(self.users.capacity, self.items.capacity)

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        with self.lock:
            self._fit()
            return self._lists.arrays() | self.vocabulary.dump()

    def restore(self, arrays: Arrays) -> None:
        with self.lock:
            self._lists = EventLists.restored(arrays)
            self.vocabulary.restore(arrays)
