"""The best n rows in a fixed order, and shares of a sum."""

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Float64s, Int32s, UInt64s, kernel
from app.engine.tables.ids import IdIndex

_BLOCK = 32
SCORE_SCALE = 1e9  # scores are compared after rounding to nine digits


@kernel
def eligible(
    scores: Float64s,
    allowed: Bytes,
    alive: Bytes,
    scale: float,
    least: float,
    rows: Int32s,
    rounded: Float64s,
) -> int:
    """List the rows that may be shown with their scores in units of 1/scale; return how many.

    Rounds in those units first, so that the limit `least` (in them too) is met despite rounding.
    """
    count = 0
    enough = least - 1.0
    for row in range(scores.size):
        scaled = scores[row] * scale
        if scaled < enough:  # most are: looking further would cost more than all the rest
            continue
        if allowed[row] != 0 and alive[row] != 0:
            score = np.rint(scaled)
            if score >= least:  # false for NaN
                rows[count] = row
                rounded[count] = score
                count += 1
    return count


@kernel
def above(score: float, key: int, other_score: float, other_key: int) -> int:
    """1 if the first goes before the other, -1 if behind, 0 if only the ids can tell."""
    if score != other_score:
        return 1 if score > other_score else -1
    if key != other_key:
        return 1 if key < other_key else -1
    return 0


@kernel
def sink(score: Float64s, key: UInt64s, row: Int32s, at: int, size: int) -> bool:
    """Restore a heap whose root is its worst element; True if a comparison was undecided."""
    undecided = False
    while True:
        worst = at
        for child in range(2 * at + 1, min(2 * at + 3, size)):
            order = above(score[child], key[child], score[worst], key[worst])
            undecided |= order == 0
            if order < 0:
                worst = child
        if worst == at:
            return undecided
        score[at], score[worst] = score[worst], score[at]
        key[at], key[worst] = key[worst], key[at]
        row[at], row[worst] = row[worst], row[at]
        at = worst


@kernel
def heap_up(score: Float64s, key: UInt64s, row: Int32s, size: int) -> bool:
    """Make a heap of the first `size` elements; True if a comparison was undecided."""
    undecided = False
    for at in range(size // 2 - 1, -1, -1):
        undecided |= sink(score, key, row, at, size)
    return undecided


@kernel
def sort_down(score: Float64s, key: UInt64s, row: Int32s, size: int) -> bool:
    """Turn a heap into a list, best first; True if a comparison was undecided."""
    undecided = False
    for last in range(size - 1, 0, -1):
        score[0], score[last] = score[last], score[0]
        key[0], key[last] = key[last], key[0]
        row[0], row[last] = row[last], row[0]
        undecided |= sink(score, key, row, 0, last)
    return undecided


@kernel
def best(rows: Int32s, scores: Float64s, keys: UInt64s, n: int) -> tuple[Int32s, Float64s, bool]:
    """The n best rows, best first: by score descending, then key ascending; their scores.

    The flag says that equal scores and equal keys met, so that the rows, but not the scores, may
    be other ones. O(len(rows) + changes * log n).
    """
    n = min(n, rows.size)
    row = rows[:n].copy()
    score = scores[:n].copy()
    key = np.empty(n, np.uint64)
    for at in range(n):
        key[at] = keys[row[at]]
    undecided = heap_up(score, key, row, n)
    for at in range(n, rows.size):
        if n == 0 or scores[at] < score[0]:
            continue
        order = above(scores[at], keys[rows[at]], score[0], key[0])
        undecided |= order == 0
        if order > 0:
            score[0], key[0], row[0] = scores[at], keys[rows[at]], rows[at]
            undecided |= sink(score, key, row, 0, n)
    undecided |= sort_down(score, key, row, n)
    return row, score, undecided


@kernel
def has_any(scores: Float64s, least: float) -> bool:
    """Whether any score is at least that; no early exit, so that it vectorises."""
    hits = 0
    for at in range(scores.size):
        hits += 1 if scores[at] >= least else 0
    return hits > 0


@kernel
def offer(
    score: Float64s, key: UInt64s, row: Int32s, count: int, new: int, new_score: float, new_key: int
) -> bool:
    """Put a row among the best, `count` having been offered; True if a comparison was undecided."""
    n = row.size
    if count < n:
        row[count], score[count], key[count] = new, new_score, new_key
        return heap_up(score, key, row, n) if count == n - 1 else False
    if new_score < score[0]:
        return False
    order = above(new_score, new_key, score[0], key[0])
    if order > 0:
        row[0], score[0], key[0] = new, new_score, new_key
        return sink(score, key, row, 0, n)
    return order == 0


@kernel
def best_eligible(
    scores: Float64s,
    allowed: Bytes,
    alive: Bytes,
    keys: UInt64s,
    scale: float,
    least: float,
    n: int,
) -> tuple[Int32s, bool]:
    """Do as `eligible` and `best` in one pass that writes down n rows only; n is above 0.

    Returns the rows and the flag of `best`.
    """
    row, score, key = np.empty(n, np.int32), np.empty(n), np.empty(n, np.uint64)
    enough = (least - 1.0) / scale
    count = 0
    undecided = False
    for start in range(0, scores.size, _BLOCK):
        end = min(start + _BLOCK, scores.size)
        if not has_any(scores[start:end], enough):
            continue
        for at in range(start, end):
            if scores[at] < enough or allowed[at] == 0 or alive[at] == 0:
                continue
            rounded = np.rint(scores[at] * scale)  # which costs more than all the rest
            if rounded >= least:  # false for NaN
                undecided |= offer(score, key, row, count, at, rounded, keys[at])
                count += 1
                if count >= n:
                    enough = max(enough, (score[0] - 1.0) / scale)
    size = min(count, n)
    if count < n:
        undecided |= heap_up(score, key, row, size)
    undecided |= sort_down(score, key, row, size)
    return row[:size], undecided


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
    least = least_score(min_score, positive=positive)
    if n <= 0:
        return np.empty(0, np.int32)
    mask, alive = allowed.view(np.uint8), items.alive
    found = best_eligible(scores, mask, alive, items.keys, SCORE_SCALE, least, n)
    if not found[1]:
        return found[0]
    rows, rounded = np.empty(scores.size, np.int32), np.empty(scores.size)
    count = eligible(scores, mask, alive, SCORE_SCALE, least, rows, rounded)
    return best_rows(rows[:count], rounded[:count], items, n=n)[0]


def least_score(min_score: float | None, *, positive: bool) -> float:
    """Return the least rounded score that `top_n` keeps, in units of 1 / SCORE_SCALE."""
    least = -np.inf if min_score is None else float(np.rint(min_score * SCORE_SCALE))
    return max(least, 1.0) if positive else least


def best_rows(rows: Int32s, scores: Float64s, ids: IdIndex, *, n: int) -> tuple[Int32s, Float64s]:
    """Return the n best of `rows` and their scores, best first, equal scores in order of ids.

    rows, scores : shape (m,); scores already rounded, since they are compared as they are.
    """
    if n <= 0:
        return np.empty(0, np.int32), np.empty(0, np.float64)
    chosen, chosen_scores, undecided = best(rows, scores, ids.keys, n)
    if not undecided:
        return chosen, chosen_scores
    # Ids that agree in their first eight bytes: only the whole strings tell.
    near = np.flatnonzero(scores >= chosen_scores[-1]).tolist()
    near.sort(key=lambda at: (-scores[at], ids.id(int(rows[at]))))
    first = np.array(near[:n], dtype=np.intp)
    return rows[first], scores[first]


def shares(amounts: Float64s) -> tuple[Int32s, Float64s]:
    """Return the places of the positive amounts, largest first, and their shares of their sum."""
    positive = np.flatnonzero(amounts > 0.0)
    places = positive[np.argsort(-amounts[positive], kind="stable")]
    chosen = amounts[places]
    return places.astype(np.int32), chosen / chosen.sum() if chosen.size else chosen
