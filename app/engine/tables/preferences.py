"""The live two-way adjacency: who prefers what, and how much."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Int32s
from app.engine.tables import table_kernels as kernels
from app.engine.tables.arrays import Arrays
from app.engine.tables.ids import IdIndex
from app.engine.tables.loading import Batch, build_table, gather, last_of_pairs
from app.engine.tables.neighbour_kernels import read_row
from app.engine.tables.profile import ANONYMOUS, Profile
from app.engine.tables.row_table import RowTable

_LARGEST = float(np.finfo(np.float32).max)


class Preferences:
    """User -> (item, value) and item -> (user, value), changed in place, always in step.

    An entry is explicit (a rating) or implied (from behaviour). Implied values fade together; they
    are stored against a landmark, and every read takes `g`, by which explicit ones are multiplied
    instead (g > 0; 1 where nothing fades). Values are float32; sums are float64. A user's and an
    item's row hold one reference to their id while they have an entry. Each method takes `lock`;
    hold it yourself around several that belong together.
    """

    def __init__(self, users: IdIndex, items: IdIndex, lock: threading.RLock) -> None:
        self.users = users
        self.items = items
        self.lock = lock
        self._by_user = RowTable(squared=True)
        self._by_item = RowTable(squared=False)

    def __len__(self) -> int:
        return len(self._by_user)

    @property
    def nbytes(self) -> int:
        """Bytes of both tables, slack included, without the ids."""
        return self._by_user.nbytes + self._by_item.nbytes

    @property
    def shoppers(self) -> int:
        """Number of users with any preference."""
        return self._by_user.filled_rows

    @property
    def by_user(self) -> RowTable:
        """The rows of users, for the recommenders; call with the lock held."""
        self._by_user.fit_rows(self.users.capacity)
        return self._by_user

    @property
    def by_item(self) -> RowTable:
        """The rows of items, for the recommenders; call with the lock held."""
        self._by_item.fit_rows(self.items.capacity)
        return self._by_item

    def put(self, user_id: str, item_id: str, value: float, *, implied: bool = False) -> None:
        """Store a preference; an earlier one for the pair is replaced.

        Raises ValueError for a value that is not a finite float32.
        """
        if not abs(value) <= _LARGEST:
            raise ValueError(f"a preference must be a finite number, not {value}")
        with self.lock:
            user, item = self.users.row(user_id), self.items.row(item_id)
            known_user, known_item = user is not None, item is not None
            if user is None:
                user = self.users.acquire(user_id)
                self._by_user.fit_rows(user + 1)
            if item is None:
                item = self.items.acquire(item_id)
                self._by_item.fit_rows(item + 1)
            told = self._put_rows(user, item, value, implied)
            if told & kernels.FIRST_OF_USER and known_user:
                self.users.acquire(user_id)
            if told & kernels.FIRST_OF_ITEM and known_item:
                self.items.acquire(item_id)

    def _put_rows(self, user: int, item: int, value: float, implied: bool) -> int:
        users, items = self._by_user, self._by_item
        if user >= len(users.span) or item >= len(items.span):  # rows that another table made
            users.fit_rows(user + 1)
            items.fit_rows(item + 1)
        told = kernels.put_pair(users.arrays, items.arrays, user, item, value, implied)
        while told < 0:
            table, row = (users, user) if told == kernels.USERS_FULL else (items, item)
            table.make_room(kernels.fit(table.length(row) + 1))
            told = kernels.put_pair(users.arrays, items.arrays, user, item, value, implied)
        return told

    def is_explicit(self, user_id: str, item_id: str) -> bool:
        with self.lock:
            user, item = self.users.row(user_id), self.items.row(item_id)
            if user is None or item is None:
                return False
            table = self.by_user
            at = kernels.find(table.arrays, user, item)
            return at >= 0 and bool(table.index[at] >= 0)

    def remove(self, user_id: str, item_id: str) -> bool:
        """Forget one preference; False if there is none."""
        with self.lock:
            user, item = self.users.row(user_id), self.items.row(item_id)
            if user is None or item is None:
                return False
            by_user, by_item = self.by_user, self.by_item
            if not kernels.remove_pair(by_user.arrays, by_item.arrays, user, item):
                return False
            if by_user.length(user) == 0:
                self.users.release(user)
            if by_item.length(item) == 0:
                self.items.release(item)
            self._trim()
            return True

    def remove_user(self, user_id: str) -> int:
        """Forget all preferences of a user; return how many there were."""
        with self.lock:
            user = self.users.row(user_id)
            by_user, by_item = self.by_user, self.by_item
            count = 0 if user is None else by_user.length(user)
            if user is None or count == 0:
                return 0
            emptied = kernels.remove_row(by_user.arrays, by_item.arrays, user)
            self.items.release_many(emptied)
            self.users.release(user)
            self._trim()
            return count

    def _trim(self) -> None:
        self._by_user.trim()
        self._by_item.trim()

    def of_user(self, user_id: str) -> list[tuple[str, float, bool]]:
        """Return a user's (item id, value as stored, whether implied), in no order."""
        with self.lock:
            user = self.users.row(user_id)
            if user is None:
                return []
            entries, values = self._by_user.row(user)
            pairs = zip(entries.tolist(), values.tolist(), strict=True)
            return [(self.items.id(e if e >= 0 else ~e), v, e < 0) for e, v in pairs]

    def profile(self, user_id: str, *, g: float = 1.0) -> Profile | None:
        """Return a user's preferences as read with `g`; None if there are none."""
        with self.lock:
            user = self.users.row(user_id)
            if user is None or self._by_user.length(user) == 0:
                return None
            items, values, implied = read_row(self._by_user.arrays, user, float(g))
            return Profile(items, values, user, g, implied)

    def session_profile(self, values: Mapping[str, float]) -> Profile:
        """Make a profile for somebody who is not stored, from item id -> value.

        Values count as they are, like implied ones; items that nobody knows are left out.
        """
        with self.lock:
            found = ((self.items.row(item_id), value) for item_id, value in values.items())
            known = [(row, value) for row, value in found if row is not None]
            rows = np.array([row for row, _ in known], dtype=np.int32)
            return Profile(rows, np.array([v for _, v in known], dtype=np.float64), ANONYMOUS)

    def load(self, batches: Iterable[Batch], *, implied: Iterable[Batch] = ()) -> None:
        """Replace everything by `batches` of (user ids, item ids, values); of a pair the last wins.

        `implied` holds batches of implied entries; an explicit one for the same pair wins. Readers
        see the old state until the new one is complete. Raises ValueError for values not finite.
        """
        self._replace(*gather(self.users, self.items, self.lock, batches, implied))

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        with self.lock:  # rows are fitted first: readers will find nothing left to do
            return self.by_user.dump("by_user") | self.by_item.dump("by_item")

    def restore(self, arrays: Arrays) -> None:
        with self.lock:
            self._by_user.restore("by_user", arrays)
            self._by_item.restore("by_item", arrays)

    def replace_implied(
        self, users: Int32s, items: Int32s, values: Float32s, *, also: Callable[[], None]
    ) -> None:
        """Put other implied entries in place of all there are; explicit ones stay, and win.

        users, items : rows that are referred to, shapes (n,), no pair twice. Readers see the old
        state until the new one is complete, and `also` is called under the same hold of the lock;
        nobody else may change anything meanwhile.
        """
        explicit = self._by_user.entries()
        plain = explicit[1] >= 0
        users, entries, values = last_of_pairs(
            np.concatenate((users, explicit[0][plain])),
            np.concatenate((items ^ np.int32(-1), explicit[1][plain])),
            np.concatenate((values, explicit[2][plain])),
        )
        with self.lock:
            self.users.retain_many(np.unique(users))
            self.items.retain_many(np.unique(entries ^ (entries >> 31)))
        self._replace(users, entries, values, also)

    def _replace(
        self,
        users: Int32s,
        entries: Int32s,
        values: Float32s,
        also: Callable[[], None] | None = None,
    ) -> None:
        """Swap in new tables, of rows that hold a reference to their id already."""
        n_users, n_items = self.users.capacity, self.items.capacity
        by_user = build_table(users, entries, values, n_rows=n_users, squared=True)
        # in order of users, so that a scan of an item's row walks through memory in one direction
        users, entries, values = by_user.entries()
        marks = entries >> 31
        by_item = build_table(entries ^ marks, users ^ marks, values, n_rows=n_items, squared=False)
        with self.lock:
            old_users, old_items = _filled(self._by_user), _filled(self._by_item)
            self._by_user, self._by_item = by_user, by_item
            if also is not None:
                also()
            self.users.release_many(old_users)
            self.items.release_many(old_items)


def _filled(table: RowTable) -> Int32s:
    return np.flatnonzero(table.lengths(len(table.span))).astype(np.int32)
