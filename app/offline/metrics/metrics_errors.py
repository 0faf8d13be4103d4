"""How far predicted ratings are from the given ones."""

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.offline.metrics.ratios import ratio


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


def absolute_error_by_user(
    predicted: Float64s, actual: Float64s, users: Int32s, *, n_users: int
) -> Float64s:
    """Return each user's mean absolute error, shape (n_users,); NaN where nothing was predicted."""
    told = ~np.isnan(predicted)
    off = np.abs(predicted[told] - actual[told])
    sums = np.bincount(users[told], weights=off, minlength=n_users)
    counts = np.bincount(users[told], minlength=n_users)
    return ratio(sums, counts)
