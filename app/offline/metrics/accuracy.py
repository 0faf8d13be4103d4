"""Ranking metrics of top-n lists, one value a user, computed by trec_eval.

trec_eval (NIST) is what the field's figures are computed with; `pytrec_eval` calls it. It is not
needed to serve, so it is imported where it is used. Definitions: docs/metrics.md.
"""

from collections.abc import Sequence

import numpy as np

from app.engine.jit import Float64s, Int32s


def rating_errors(predicted: Float64s, actual: Float64s) -> dict[str, float]:
    """Return "mae", "rmse" over what was predicted, and "prediction_coverage", the share of it.

    predicted, actual : shape (n,); a predicted NaN is a refusal. Two ways of predicting are to be
    compared at their coverages: one may refuse what is hard.
    """
    if predicted.shape != actual.shape:
        raise ValueError(f"{predicted.size} predictions do not fit {actual.size} ratings")
    told = ~np.isnan(predicted)
    if not told.any():
        nothing = float("nan")
        return {
            "mae": nothing,
            "rmse": nothing,
            "prediction_coverage": 0.0 if told.size else nothing,
        }
    off = predicted[told] - actual[told]
    return {
        "mae": float(np.abs(off).mean()),
        "rmse": float(np.sqrt((off * off).mean())),
        "prediction_coverage": float(told.mean()),
    }


# Our name -> trec_eval's; mrr is cut below, as trec_eval knows it for whole lists only.
_MEASURES = {
    "precision": "P",
    "recall": "recall",
    "hit": "success",
    "map": "map_cut",
    "ndcg": "ndcg_cut",
}
_WHOLE = "recip_rank"


def judge(
    ranked: Int32s, relevant: Sequence[Int32s], at: Sequence[int] = (5, 10, 20)
) -> dict[str, Float64s]:
    """Return "precision@5", "recall@5", "hit@5", "map@5", "mrr@5", "ndcg@5", ..., (n_users,) each.

    ranked : shape (n_users, n_max), item codes, best first, -1 where the list ended; an item stands
    in a list once. relevant : the codes to be found, one array a user. A user with nothing to find
    has NaN everywhere; one with an empty list and something to find has 0.
    Raises ValueError for lists that do not fit, ImportError where pytrec_eval is not installed.
    """
    _check(ranked, relevant, at)
    judged = [user for user, wanted in enumerate(relevant) if len(wanted)]
    found = _trec_eval(judged, ranked, relevant, at)
    results = {}
    for n in at:
        for name, measure in _MEASURES.items():
            results[f"{name}@{n}"] = _by_user(found, f"{measure}_{n}", judged, len(relevant))
        first = _by_user(found, _WHOLE, judged, len(relevant))
        # 1 / rank of the first hit; beyond n there was none. NaN stays NaN.
        results[f"mrr@{n}"] = np.where(first < 1.0 / n - 1e-12, 0.0, first)
    return results


def _check(ranked: Int32s, relevant: Sequence[Int32s], at: Sequence[int]) -> None:
    if len(ranked) != len(relevant):
        raise ValueError(f"{len(ranked)} lists do not fit {len(relevant)} users")
    if not at or min(at) < 1:
        raise ValueError(f"lists are judged at 1 or more, not at {list(at)}")
    ordered = np.sort(ranked, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("an item stands twice in a list")


def _trec_eval(
    judged: list[int], ranked: Int32s, relevant: Sequence[Int32s], at: Sequence[int]
) -> dict[str, dict[str, float]]:
    import pytrec_eval

    cuts = ",".join(str(n) for n in sorted(set(at)))
    measures = {f"{measure}.{cuts}" for measure in _MEASURES.values()} | {_WHOLE}
    wanted = {str(user): {str(item): 1 for item in relevant[user].tolist()} for user in judged}
    # Scores fall with the place, so trec_eval's own order of equal scores never decides.
    shown = {
        str(user): {
            str(item): -float(at) for at, item in enumerate(ranked[user].tolist()) if item >= 0
        }
        for user in judged
    }
    found: dict[str, dict[str, float]] = {}
    if judged:
        found = pytrec_eval.RelevanceEvaluator(wanted, measures).evaluate(shown)
    return found


def _by_user(
    found: dict[str, dict[str, float]], measure: str, judged: list[int], n_users: int
) -> Float64s:
    values = np.full(n_users, np.nan)
    # An empty list is not reported at all: nothing was found.
    values[judged] = [found.get(str(user), {}).get(measure, 0.0) for user in judged]
    return values
