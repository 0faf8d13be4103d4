"""Which interactions are held out, so that what was learned from the others can be judged by them.

Rows stand in the order of time. What each split prevents, and what it cannot: docs/evaluation.md.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int32s, Int64s

Mask = npt.NDArray[np.bool_]


def cut_before_last(at: Int64s, *, share: float) -> int:
    """Return the time before the last `share` of the whole span; `at` in ms, not empty."""
    first, last = int(at.min()), int(at.max())
    return last - max(1, round((last - first) * share))


def last_items(
    users: Int32s, items: Int32s, *, counts: Mask, orders: Int64s | None = None, n: int = 1
) -> Mask:
    """Return the rows of each user's last `n` items, and all of that user's after them.

    users, items : shape (rows,), oldest first. counts : the rows that make an item one of the last;
    others are held out only where they come after. orders : rows of one order (not 0) of one user
    are parted from each other by no cut. A user with no row that counts keeps all.
    """
    held = np.zeros(users.size, bool)
    by_user = np.argsort(users, kind="stable")
    ends = np.flatnonzero(np.diff(users[by_user], append=-1)) + 1
    start = 0
    for end in ends.tolist():
        rows = by_user[start:end]
        kept = _kept(items[rows].tolist(), counts[rows].tolist(), n)
        if orders is not None and 0 < kept < rows.size and orders[rows[kept]]:
            same = orders[rows[:kept]] == orders[rows[kept]]
            kept = int(np.argmax(same)) if same.any() else kept
        held[rows[kept:]] = True
        start = end
    return held


def _kept(items: Sequence[int], counts: Sequence[bool], n: int) -> int:
    """Return how many rows of one user come before the run of the last n items."""
    found: set[int] = set()
    kept = len(items)
    for place in range(len(items) - 1, -1, -1):
        known = items[place] in found
        if not known and len(found) == n:
            break
        if known or counts[place]:  # a look right before a purchase would tell of it
            found.add(items[place])
            kept = place
    return kept


def folds(users: Int32s, items: Int32s, *, k: int, seed: int) -> Int64s:
    """Return the fold of each row, 0 to k - 1, drawn at random.

    All rows of one pair of user and item are in one fold: what a purchase is to be found by would
    else include the look at it.
    """
    pairs = users.astype(np.int64) << 32 | items
    _, pair = np.unique(pairs, return_inverse=True)
    n_pairs = int(pair.max(initial=-1)) + 1
    fold_of: Int64s = np.random.default_rng(seed).permutation(n_pairs) % k
    return fold_of[pair]


def some_items(candidates: Int32s, *, share: float, seed: int) -> Int32s:
    """Return a random share of the items, at least one, in the order of their numbers."""
    count = max(1, round(candidates.size * share))
    drawn = np.random.default_rng(seed).choice(candidates, min(count, candidates.size), False)
    return np.sort(drawn)
