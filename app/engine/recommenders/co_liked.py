"""Which items are liked by those who like a given one."""

from dataclasses import dataclass

import numpy as np

from app.engine.jit import Float64s
from app.engine.recommenders import kernels_co_liked as kernels
from app.engine.recommenders.ranking import best_rows
from app.engine.tables.preferences import Preferences
from app.engine.tables.table_kernels import LENGTH

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
        likers, values = kernels.likers(by_item.arrays, item, float(g))
        n_likers = likers.size
        if n_likers > MOST_LIKERS:
            likers, _ = best_rows(likers, values, preferences.users, n=MOST_LIKERS)
        counts = np.zeros(n_items)
        kernels.count_liked(by_user.arrays, likers, counts)
        if not n_likers:
            return CoLiked(0, counts, counts)
        raters = by_item.span[:n_items, LENGTH]
        norms = np.sqrt(np.maximum(raters, 1) / n_likers)
        similarity = np.minimum(counts / (likers.size * norms), 1.0)
        return CoLiked(likers.size, counts, similarity)
