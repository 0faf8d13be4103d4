"""Preferences from batches."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Int32s
from app.engine.tables.arrays import in_slices
from app.engine.tables.bulk import last_of_pairs
from app.engine.tables.ids import IdIndex

Columns = tuple[Int32s, Int32s, Float32s]  # user rows, entries, values
Batch = tuple[Sequence[str], Sequence[str], npt.NDArray[np.floating]]

_AT_ONCE = 2048  # ids looked up under one hold of the lock


@dataclass(frozen=True)
class Entries:
    """Preferences, no pair twice; every row named holds one reference to its id.

    users, entries, values : shape (n,); an entry is an item row, complemented where implied.
    """

    users: Int32s
    entries: Int32s
    values: Float32s
    n_users: int
    n_items: int

    @property
    def items(self) -> Int32s:
        """Rows of the items, shape (n,)."""
        return self.entries ^ (self.entries >> 31)


def gather(
    users: IdIndex,
    items: IdIndex,
    lock: threading.RLock,
    explicit: Iterable[Batch],
    implied: Iterable[Batch] = (),
) -> Entries:
    """Turn batches of (user ids, item ids, values) into entries; the last of a pair wins."""
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]
    try:
        for mask, batches in ((-1, implied), (0, explicit)):
            parts.extend(_rows(users, items, lock, batch, mask) for batch in batches)
    except BaseException:  # the source broke off: leave no reference behind
        _release(users, items, lock, *_joined(parts), keep=0)
        raise
    joined = _joined(parts)
    kept = last_of_pairs(*joined)
    _release(users, items, lock, *joined, keep=1)
    return Entries(*kept, users.capacity, items.capacity)


def _joined(parts: list[Columns]) -> Columns:
    rows, entries, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return rows, entries, values


def _rows(
    users: IdIndex, items: IdIndex, lock: threading.RLock, batch: Batch, mask: int
) -> Columns:
    user_ids, item_ids, values = batch
    if not len(user_ids) == len(item_ids) == len(values):
        raise ValueError("a batch needs as many user ids as item ids and values")
    stored = np.asarray(values, dtype=np.float32)
    if not np.isfinite(stored).all():
        raise ValueError("a preference must be a finite number")
    user_rows = acquire_in_steps(users, lock, user_ids)
    return user_rows, acquire_in_steps(items, lock, item_ids) ^ np.int32(mask), stored


def acquire_in_steps(index: IdIndex, lock: threading.RLock, ids: Sequence[str]) -> Int32s:
    """Acquire many ids, letting others have the lock in between."""
    rows = np.empty(len(ids), np.int32)
    for some in in_slices(lock, len(ids), _AT_ONCE):
        rows[some] = index.acquire_many(ids[some])
    return rows


def _release(
    users: IdIndex,
    items: IdIndex,
    lock: threading.RLock,
    user_rows: Int32s,
    entries: Int32s,
    values: Float32s,
    *,
    keep: int,
) -> None:
    """Give back all but `keep` of the references that were taken, one per occurrence."""
    for index, rows in ((users, user_rows), (items, entries ^ (entries >> 31))):
        counts = np.bincount(rows).astype(np.int64)
        named = np.flatnonzero(counts)
        with lock:
            index.release_many(named, counts[named] - keep)
