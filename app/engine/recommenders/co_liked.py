"""Which items are liked by those who like a given one."""

from dataclasses import dataclass

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel, short_kernel
from app.engine.recommenders.ranking import best_rows
from app.engine.tables.preferences import Preferences
from app.engine.tables.table_kernels import LENGTH, Table


@short_kernel
def find_likers(items: Table, item: int, g: float) -> tuple[Int32s, Float64s]:
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


MOST_LIKERS = 2_000
"""Of an item that more like, as many count: those who like it most, then in order of ids."""


@dataclass(frozen=True)
class CoLiked:
    """What the shoppers who like one item like besides."""

    likers: int
    """How many were looked at."""
    counts: Float64s
    """How many of them like each item, shape (items.capacity,); the item itself included."""
    similarity: Float64s
    """Cosine of the two items over all shoppers, liked or not; in [0, 1], shape as above."""


def co_liked(preferences: Preferences, item: int, *, g: float = 1.0) -> CoLiked:
    """Compare an item with every other by who has a positive preference for both.

    similarity(i, j) = n_ij / sqrt(n_i n_j), where n_ij like both, n_i like i, and n_j have any
    preference for j: who dislikes j speaks against it. Of more than `MOST_LIKERS` who like i, n_ij
    is estimated from those looked at.
    """
    with preferences.lock:
        by_item, by_user = preferences.by_item, preferences.by_user
        n_items = preferences.items.capacity
        likers, values = find_likers(by_item.arrays, item, float(g))
        n_likers = likers.size
        if n_likers > MOST_LIKERS:
            likers, _ = best_rows(likers, values, preferences.users, n=MOST_LIKERS)
        counts = np.zeros(n_items)
        count_liked(by_user.arrays, likers, counts)
        if not n_likers:
            return CoLiked(0, counts, counts)
        raters = by_item.span[:n_items, LENGTH]
        norms = np.sqrt(np.maximum(raters, 1) / n_likers)
        similarity = np.minimum(counts / (likers.size * norms), 1.0)
        return CoLiked(likers.size, counts, similarity)
