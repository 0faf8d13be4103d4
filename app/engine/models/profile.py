"""Preference values as a model takes them: what is liked counts, by a power of its value."""

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.models.model import Interactions

HALF_LIFE = 10.0
"""Places back in the order of a shopper's items after which one counts half as much."""
LEAST = 0.1
"""What the oldest count still, beside 1 for the newest."""


def strengths(values: Float64s, power: float) -> Float64s:
    """Return value ** power, and 0 where a value is not above 0; equal shapes.

    With power 0 all that is liked counts the same.
    """
    liked = values > 0.0
    found: Float64s = np.power(values, power, out=np.zeros(values.shape), where=liked)
    return found


def liked(
    items: Int32s, values: Float64s, power: float, weights: Float64s | None = None
) -> tuple[Int32s, Float64s]:
    """Return the rows a shopper likes and their strengths, shape (n liked,) both.

    weights : above 0, shape as items, how much more each counts than the mean one; None: equal.
    """
    kept = values > 0.0
    found = strengths(values[kept], power)
    if weights is not None and found.size:
        found *= weights[kept] / weights[kept].mean()
    return items[kept], found


def positive(interactions: Interactions, power: float) -> Interactions:
    """Return the interactions above 0 as strengths, float64, rows and columns as they were."""
    from scipy.sparse import csr_matrix

    matrix = csr_matrix(interactions, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    matrix.data = strengths(matrix.data, power)
    matrix.eliminate_zeros()
    return matrix


def recent(times: Float64s, amount: float) -> Float64s | None:
    """Return weights of which a share is `recency`: 1 - amount + amount w; None: all count alike.

    times : in any unit, not a number where unknown: such items weigh as the oldest of the others.
    """
    known = ~np.isnan(times)
    if amount <= 0.0 or not known.any():
        return None
    weights = np.empty(times.size)
    weights[known] = recency(times[known])
    weights[~known] = weights[known].min()
    found: Float64s = 1.0 - amount + amount * weights
    return found


def recency(times: Float64s, *, half_life: float = HALF_LIFE, least: float = LEAST) -> Float64s:
    """Return weights for a shopper's items by how many are newer: 1 for the newest.

    w = least + (1 - least) 2^(-newer / half_life). times : in any unit; equal ones weigh the same.
    """
    newer = np.asarray(times.size - np.searchsorted(np.sort(times), times, side="right"))
    weights: Float64s = least + (1.0 - least) * np.exp2(-newer / half_life)
    return weights
