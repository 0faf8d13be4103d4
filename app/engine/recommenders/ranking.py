"""Masks, and the best n rows in a fixed order."""

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Float64s, Int32s
from app.engine.recommenders import kernels_ranking as kernels
from app.engine.tables.ids import IdIndex

SCORE_SCALE = 1e9  # scores are compared after rounding to nine digits

Mask = npt.NDArray[np.uint8] | npt.NDArray[np.bool_]


def top_n(
    scores: Float64s,
    items: IdIndex,
    *,
    n: int,
    allowed: Mask,
    min_score: float | None = None,
    positive: bool = False,
) -> Int32s:
    """Return the n best rows by score rounded to nine digits, descending, then by id, ascending.

    scores, allowed : shape (items.capacity,); only rows allowed, and never rows that are free.
    min_score : keep rounded scores of at least that; positive : keep rounded scores above 0.
    Raises ValueError for arrays of another size.
    """
    if not scores.size == allowed.size == items.capacity:
        raise ValueError(
            f"{scores.size} scores and {allowed.size} marks do not fit {items.capacity} rows"
        )
    least = -np.inf if min_score is None else float(np.rint(min_score * SCORE_SCALE))
    if positive:
        least = max(least, 1.0)
    if n <= 0:
        return np.empty(0, np.int32)
    mask, alive = allowed.view(np.uint8), items.alive
    found = kernels.best_eligible(scores, mask, alive, items.keys, SCORE_SCALE, least, n)
    if not found[1]:
        return found[0]
    rows, rounded = np.empty(scores.size, np.int32), np.empty(scores.size)
    count = kernels.eligible(scores, mask, alive, SCORE_SCALE, least, rows, rounded)
    return best_rows(rows[:count], rounded[:count], items, n=n)[0]


def best_rows(rows: Int32s, scores: Float64s, ids: IdIndex, *, n: int) -> tuple[Int32s, Float64s]:
    """Return the n best of `rows` and their scores, best first, equal scores in order of ids.

    rows, scores : shape (m,); scores already rounded, since they are compared as they are.
    """
    if n <= 0:
        return np.empty(0, np.int32), np.empty(0, np.float64)
    chosen, chosen_scores, undecided = kernels.best(rows, scores, ids.keys, n)
    if not undecided:
        return chosen, chosen_scores
    # Ids that agree in their first eight bytes: only the whole strings tell.
    near = np.flatnonzero(scores >= chosen_scores[-1]).tolist()
    near.sort(key=lambda at: (-scores[at], ids.id(int(rows[at]))))
    first = np.array(near[:n], dtype=np.intp)
    return rows[first], scores[first]


def everything(items: IdIndex) -> Bytes:
    """Make a mask that allows every row, shape (items.capacity,)."""
    return np.ones(items.capacity, np.uint8)


def block(mask: Mask, rows: Int32s) -> None:
    """Take rows out of a mask, in place."""
    mask[rows] = 0
