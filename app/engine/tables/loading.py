"""Preferences from batches, built out of readers' sight."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Float32s, Float64s, Int32s, Int64s, kernel
from app.engine.tables import table_kernels as kernels
from app.engine.tables.ids import IdIndex
from app.engine.tables.row_table import RowTable


@kernel
def scatter(
    rows: Int32s,
    entries: Int32s,
    numbers: Float32s,
    places: Int64s,
    index: Int32s,
    value: Float32s,
) -> None:
    """Write every entry to the next place of its row; `places` moves along."""
    for at in range(rows.size):
        place = places[rows[at]]
        index[place] = entries[at]
        value[place] = numbers[at]
        places[rows[at]] = place + 1


@kernel
def mark_last_of_pairs(rows: Int32s, entries: Int32s, n_rows: int, n_columns: int) -> Bytes:
    """Mark, for every pair of row and entry (plain or complemented), its last occurrence."""
    ends = np.zeros(n_rows + 1, np.int64)
    for at in range(rows.size):
        ends[rows[at] + 1] += 1
    for row in range(n_rows):
        ends[row + 1] += ends[row]
    order = np.empty(rows.size, np.int32)
    places = ends[:n_rows].copy()
    for at in range(rows.size):
        order[places[rows[at]]] = at
        places[rows[at]] += 1
    seen_by = np.full(n_columns, -1, np.int32)
    keep = np.zeros(rows.size, np.uint8)
    for row in range(n_rows):
        for place in range(ends[row + 1] - 1, ends[row] - 1, -1):
            at = order[place]
            column = entries[at] ^ (entries[at] >> 31)
            if seen_by[column] != row:
                seen_by[column] = row
                keep[at] = 1
    return keep


def last_of_pairs(
    rows: Int32s, entries: Int32s, numbers: Float32s
) -> tuple[Int32s, Int32s, Float32s]:
    """Drop all but the last of several entries for one pair; shapes (n,), order kept."""
    if rows.size == 0:
        return rows, entries, numbers
    columns = int((entries ^ (entries >> 31)).max()) + 1
    kept = mark_last_of_pairs(rows, entries, int(rows.max()) + 1, columns).view(bool)
    if kept.all():
        return rows, entries, numbers
    return rows[kept], entries[kept], numbers[kept]


def build_table(
    rows: Int32s, entries: Int32s, numbers: Float32s, *, n_rows: int, squared: bool
) -> RowTable:
    """Lay out entries by counting sort: entry i belongs to row `rows[i]`.  O(entries + rows).

    rows, entries, numbers : shape (n,), no pair twice; entries complemented where marked.
    """
    table = RowTable(squared=squared)
    table.fit_rows(n_rows)
    lengths = np.bincount(rows, minlength=n_rows)
    starts, tail = _set_spans(table, lengths)
    table.make_room(tail + tail // 32)
    scatter(rows, entries, numbers, starts, table.index, table.value)
    table.totals[:n_rows] = _totals(rows, entries, numbers, n_rows, squared)
    table.state[kernels.TAIL] = tail
    table.state[kernels.ENTRIES] = rows.size
    return table


def _set_spans(table: RowTable, lengths: Int64s) -> tuple[Int64s, int]:
    """Give every row its place, in order of rows; return the starts and the tail."""
    rooms = np.where(lengths > 0, lengths + (lengths >> 3) + 2, 0)  # kernels.fit, for an array
    ends = np.cumsum(rooms)
    starts = (ends - rooms).astype(np.int64)
    tail = int(ends[-1]) if ends.size else 0
    if tail > np.iinfo(np.int32).max:
        raise OverflowError("a table of rows holds at most 2^31 places")
    span = table.span[: lengths.size]
    span[:, kernels.START], span[:, kernels.LENGTH], span[:, kernels.ROOM] = starts, lengths, rooms
    filled = np.flatnonzero(lengths)
    span[filled, kernels.PREVIOUS] = np.concatenate(([-1], filled))[:-1]
    span[filled, kernels.NEXT] = np.concatenate((filled, [-1]))[1:]
    if filled.size:
        table.state[kernels.FIRST], table.state[kernels.LAST] = filled[0], filled[-1]
    table.state[kernels.FITTED] = tail
    table.state[kernels.ROWS] = filled.size
    return starts, tail


def _totals(
    rows: Int32s, entries: Int32s, numbers: Float32s, n_rows: int, squared: bool
) -> Float64s:
    terms = numbers.astype(np.float64)
    if squared:
        terms *= terms
    plain = np.bincount(rows, np.where(entries >= 0, terms, 0.0), n_rows)
    marked = np.bincount(rows, np.where(entries < 0, terms, 0.0), n_rows)
    return np.stack((plain, marked), axis=1)


Columns = tuple[Int32s, Int32s, Float32s]
"""User rows, entries and values, shape (n,): an entry is an item row, complemented if implied."""
Batch = tuple[Sequence[str], Sequence[str], npt.NDArray[np.floating]]


def gather(
    users: IdIndex,
    items: IdIndex,
    lock: threading.RLock,
    explicit: Iterable[Batch],
    implied: Iterable[Batch] = (),
) -> Columns:
    """Turn batches of (user ids, item ids, values) into columns; the last of a pair wins.

    Every row that they name holds one reference to its id.
    """
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]

    def release(user_rows: Int32s, entries: Int32s, _: Float32s, *, keep: int) -> None:
        users.release_each(user_rows, lock, keep=keep)
        items.release_each(entries ^ (entries >> 31), lock, keep=keep)

    try:
        for mask, batches in ((-1, implied), (0, explicit)):
            parts.extend(_rows(users, items, lock, batch, mask) for batch in batches)
    except BaseException:  # the source broke off: leave no reference behind
        release(*_joined(parts), keep=0)
        raise
    joined = _joined(parts)
    kept = last_of_pairs(*joined)
    release(*joined, keep=1)
    return kept


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
    user_rows = users.acquire_in_slices(user_ids, lock)
    return user_rows, items.acquire_in_slices(item_ids, lock) ^ np.int32(mask), stored
