"""The weighted mean of the user-based and the item-based score."""

from typing import TypeVar

import numpy as np

from app.engine.jit import Float64s

Scores = TypeVar("Scores", Float64s, np.float64)


def combine(
    user_scores: Float64s, item_scores: Float64s, *, w_user: float, w_item: float, top: float
) -> Float64s:
    """w_user * user / top + w_item * item, both clipped to [0, 1], weights scaled to sum 1.

    user_scores : in rating units, item_scores : in [0, 1], equal shapes; top : the best rating.
    Returns the same shape, in [0, 1]. Raises ValueError for a negative weight, for weights that
    are both 0, and for a top that is not positive.
    """
    users, items = parts(user_scores, item_scores, w_user=w_user, w_item=w_item, top=top)
    return np.add(users, items, out=users)


def parts(
    user_scores: Scores, item_scores: Scores, *, w_user: float, w_item: float, top: float
) -> tuple[Scores, Scores]:
    """Return the two summands of `combine`, of whole arrays or of one item."""
    total = w_user + w_item
    if not (w_user >= 0.0 and w_item >= 0.0 and 0.0 < total < np.inf):
        raise ValueError("weights must not be negative, and one must be above 0")
    if not top > 0.0:
        raise ValueError(f"the top of the rating scale must be above 0, not {top}")
    users = np.clip(user_scores / top, 0.0, 1.0) * (w_user / total)
    items = np.clip(item_scores, 0.0, 1.0) * (w_item / total)
    return users, items
