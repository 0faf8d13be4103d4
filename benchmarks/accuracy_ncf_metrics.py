"""The protocol of one held-out item among sampled ones (He et al. 2017; its limits: Krichene 2020).

Its figures compare with others of the same protocol only, never with those of whole rankings.
"""

from collections.abc import Sequence

import numpy as np

from app.engine.jit import Float64s, Int32s, Int64s


def judge_sampled(
    scores: Float64s, candidates: Int32s, at: Sequence[int] = (5, 10, 20)
) -> dict[str, Float64s]:
    """Return "sampled_hit@5", "sampled_ndcg@5", ... and "sampled_mrr", shape (n_users,) each.

    scores, candidates : shape (n_users, 1 + m). The held-out item stands first, then the negatives;
    -1 for a place without an item. A NaN score is the lowest: nothing is known of the item.
    Equal scores decide nothing, so a held-out item that ties with t negatives gets the mean over
    its t + 1 possible places: 1/2 for two candidates. The held-out item among its own negatives is
    skipped, neither for nor against. A user without a held-out item has NaN.
    """
    if scores.shape != candidates.shape or scores.ndim != 2 or not scores.shape[1]:
        raise ValueError(f"{scores.shape} scores do not fit {candidates.shape} candidates")
    above, ties = _places(scores, candidates)
    places = 1 + np.arange(scores.shape[1])
    judged = candidates[:, 0] >= 0
    results = {}
    for n in at:
        results[f"sampled_hit@{n}"] = _expected(np.ones(places.size), n, above, ties)
        results[f"sampled_ndcg@{n}"] = _expected(1.0 / np.log2(1 + places), n, above, ties)
    results["sampled_mrr"] = _expected(1.0 / places, places.size, above, ties)
    return {name: np.where(judged, values, np.nan) for name, values in results.items()}


def _places(scores: Float64s, candidates: Int32s) -> tuple[Int64s, Int64s]:
    """Return how many negatives stand above the held-out item, and how many tie, (n_users,)."""
    known = np.where(np.isnan(scores), -np.inf, scores)
    counted = (candidates[:, 1:] >= 0) & (candidates[:, 1:] != candidates[:, :1])
    above = ((known[:, 1:] > known[:, :1]) & counted).sum(axis=1)
    ties = ((known[:, 1:] == known[:, :1]) & counted).sum(axis=1)
    return above, ties


def _expected(gains: Float64s, n: int, above: Int64s, ties: Int64s) -> Float64s:
    """Return the mean gain over the places above + 1 to above + ties + 1, 0 beyond place n."""
    kept = np.where(np.arange(gains.size) < n, gains, 0.0)
    sums = np.concatenate([[0.0], np.cumsum(kept)])
    mean: Float64s = (sums[above + ties + 1] - sums[above]) / (ties + 1)
    return mean
