"""The numba loops over the rows of a few neighbours."""

import numpy as np

from app.engine.jit import Bytes, Float64s, Int32s, kernel, short_kernel
from app.engine.tables.table_kernels import Table


@short_kernel
def read_row(users: Table, user: int, g: float) -> tuple[Int32s, Float64s, Bytes]:
    """A user's items, values as read with g, and marks: 1 where implied."""
    index, value, span, _, _ = users
    start, length = span[user, 0], span[user, 1]
    items = np.empty(length, np.int32)
    values = np.empty(length)
    implied = np.empty(length, np.uint8)
    for at in range(length):
        entry = index[start + at]
        items[at] = entry ^ (entry >> 31)
        values[at] = np.float64(value[start + at]) * (g if entry >= 0 else 1.0)
        implied[at] = entry < 0
    return items, values, implied


@kernel
def add_scores(
    users: Table, neighbours: Int32s, weights: Float64s, g: float, scores: Float64s
) -> None:
    """Add weight * value (in rating units) to the score of every item a neighbour has."""
    index, value, span, _, _ = users
    for at in range(neighbours.size):
        plain, implied = weights[at], weights[at] / g
        start, length = span[neighbours[at], 0], span[neighbours[at], 1]
        items = index[start : start + length]  # slices spare a check of each place
        numbers = value[start : start + length]
        for place in range(length):
            entry = items[place]
            item = np.uint32(entry ^ (entry >> 31))
            scores[item] += (plain if entry >= 0 else implied) * np.float64(numbers[place])


@kernel
def add_raters(users: Table, neighbours: Int32s, weights: Float64s, raters: Float64s) -> None:
    """Add the weight of every neighbour who has the item to its sum."""
    index, _, span, _, _ = users
    for at in range(neighbours.size):
        start, length = span[neighbours[at], 0], span[neighbours[at], 1]
        for place in range(start, start + length):
            raters[np.uint32(index[place] ^ (index[place] >> 31))] += weights[at]


@kernel
def values_of(users: Table, neighbours: Int32s, item: int, g: float) -> Float64s:
    """What each neighbour gives the item, in rating units; 0 for nothing."""
    index, value, span, _, _ = users
    found = np.zeros(neighbours.size)
    for at in range(neighbours.size):
        start, length = span[neighbours[at], 0], span[neighbours[at], 1]
        for place in range(start, start + length):
            entry = index[place]
            if (entry ^ (entry >> 31)) == item:
                found[at] = np.float64(value[place]) * (1.0 if entry >= 0 else 1.0 / g)
    return found


@kernel
def shared_with(
    users: Table, neighbours: Int32s, items: Int32s, n_items: int, g: float
) -> Float64s:
    """What each neighbour gives each of `items`, as read with g, shape (m, n); NaN for nothing."""
    index, value, span, _, _ = users
    column = np.full(n_items, -1, np.int32)
    for at in range(items.size):
        column[items[at]] = at
    found = np.full((neighbours.size, items.size), np.nan)
    for row in range(neighbours.size):
        start, length = span[neighbours[row], 0], span[neighbours[row], 1]
        for place in range(start, start + length):
            entry = index[place]
            at = column[entry ^ (entry >> 31)]
            if at >= 0:
                found[row, at] = np.float64(value[place]) * (g if entry >= 0 else 1.0)
    return found
