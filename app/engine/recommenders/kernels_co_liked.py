"""The numba loops over who likes an item, and what else they like."""

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel, short_kernel
from app.engine.tables.table_kernels import Table


@short_kernel
def likers(items: Table, item: int, g: float) -> tuple[Int32s, Float64s]:
    """List the users with a positive preference for an item, and its value in rating units."""
    index, value, span, _, _ = items
    start, length = span[item, 0], span[item, 1]
    users, values = np.empty(length, np.int32), np.empty(length)
    count = 0
    for at in range(start, start + length):
        if value[at] > 0.0:
            entry = index[at]
            users[count] = entry ^ (entry >> 31)
            values[count] = np.float64(value[at]) * (1.0 if entry >= 0 else 1.0 / g)
            count += 1
    return users[:count], values[:count]


@kernel
def count_liked(users: Table, likers: Int32s, counts: Float64s) -> None:
    """Count for every item how many of the users have a positive preference for it."""
    index, value, span, _, _ = users
    for number in range(likers.size):
        start, length = span[likers[number], 0], span[likers[number], 1]
        items = index[start : start + length]  # slices spare a check of each place
        values = value[start : start + length]
        for place in range(length):
            entry = items[place]
            counts[np.uint32(entry ^ (entry >> 31))] += 1.0 if values[place] > 0.0 else 0.0
