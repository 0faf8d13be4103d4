"""The numba loops that build a table of rows at once."""

import numpy as np

from app.engine.jit import Bytes, Float32s, Int32s, Int64s, kernel


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
def last_of_pairs(rows: Int32s, entries: Int32s, n_rows: int, n_columns: int) -> Bytes:
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
