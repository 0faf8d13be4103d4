"""The arrays behind `history.py`: two-way lists of events, by the rows of subjects and items."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int32s, Int64s
from app.engine.tables import history_kernels as kernels
from app.engine.tables.event_record import EVENT, WORDS, EventRows
from app.engine.tables.growth import resized
from app.engine.tables.packing import Arrays

_FIRST_PLACES = 64
_STATE_SIZE = 4


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
        lists.newest, lists.counts = arrays["newest"], arrays["counts"]
        lists.of_item, lists.bought = arrays["of_item"], arrays["bought"]
        lists.named, lists.state = arrays["named"], arrays["state"]
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
        """Bytes held, slack included."""
        return self._words.nbytes + sum(array.nbytes for array in self.tables)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the live arrays, for `restored`; of the places those that were used."""
        return {
            "words": self._words[: int(self.state[kernels.UNUSED])],
            "newest": self.newest,
            "counts": self.counts,
            "of_item": self.of_item,
            "bought": self.bought,
            "named": self.named,
            "state": self.state,
        }

    def lengthen(self) -> None:
        """Make more places; no view of `events` may be left."""
        have = len(self._words)
        del self.events
        self._take(resized(self._words, have + have // 8 + _FIRST_PLACES))

    def fit(self, users: int, items: int) -> None:
        """Make room for so many rows of subjects and of items, if there is less."""
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
