"""The numba loops from a shopper's items to who has them, and on to what else those have."""

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel
from app.engine.tables.table_kernels import Table


@kernel
def reach(items: Table, rows: Int32s, weights: Float64s, sums: Float64s) -> None:
    """Add an item's weight to the sum of every user with a positive preference for it."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]  # slices spare a check of each place
        values = value[start : start + length]
        for place in range(length):
            entry = users[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user] += weights[at] if values[place] > 0.0 else 0.0


@kernel
def take_reached(
    users: Table,
    listed: Int32s,
    own: int,
    least: float,
    power: float,
    sums: Float64s,
    rows: Int32s,
    reached: Float64s,
) -> int:
    """Write down sum / (number of items)^power of the users whose sum is above `least`.

    Leaves out `own`. Returns how many there are. The sums of all who are listed are 0 afterwards.
    """
    span = users[2]
    count = 0
    for at in range(listed.size):
        user = listed[at]
        if sums[user] > least and user != own:
            rows[count] = user
            reached[count] = sums[user] / np.float64(span[user, 1]) ** power
            count += 1
        sums[user] = 0.0
    return count


@kernel
def spread(users: Table, rows: Int32s, weights: Float64s, scores: Float64s) -> None:
    """Add every user's weight to all items that user has a positive preference for."""
    index, value, span, _, _ = users
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        items = index[start : start + length]
        values = value[start : start + length]
        for place in range(length):
            entry = items[place]
            item = np.uint32(entry ^ (entry >> 31))
            scores[item] += weights[at] if values[place] > 0.0 else 0.0


@kernel
def gather(items: Table, rows: Int32s, sums: Float64s) -> Float64s:
    """Sum up, for each of the items, `sums` of the users with a positive preference for it."""
    index, value, span, _, _ = items
    found = np.zeros(rows.size)
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            user = index[place] ^ (index[place] >> 31)
            found[at] += sums[user] if value[place] > 0.0 else 0.0
    return found
