"""The numba loops from a shopper's items to who has them, and on to what else those have."""

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel
from app.engine.kernels_table import Table


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
    users: Table, listed: Int32s, own: int, activity: float, sums: Float64s, reached: Float64s
) -> int:
    """Move sums / (number of items)^activity of listed users to `reached`; return their postings.

    The shopper's own sum is dropped. All sums of the listed are 0 afterwards.
    """
    span = users[2]
    postings = 0
    for at in range(listed.size):
        user = listed[at]
        length = span[user, 1]
        reached[at] = sums[user] / length**activity if user != own else 0.0
        sums[user] = 0.0
        postings += length
    return postings


@kernel
def spread(users: Table, listed: Int32s, reached: Float64s, scores: Float64s) -> None:
    """Add every user's weight to all items that user has a positive preference for."""
    index, value, span, _, _ = users
    for at in range(listed.size):
        weight = reached[at]
        if weight == 0.0:
            continue
        start, length = span[listed[at], 0], span[listed[at], 1]
        items = index[start : start + length]
        values = value[start : start + length]
        for place in range(length):
            entry = items[place]
            item = np.uint32(entry ^ (entry >> 31))
            scores[item] += weight if values[place] > 0.0 else 0.0
