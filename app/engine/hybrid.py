"""The weighted mean of the user-based and the item-based score."""

import numpy as np

from app.engine.jit import Float64s


def parts(
    user_scores: Float64s, item_scores: Float64s, *, w_user: float, w_item: float, top: float
) -> tuple[Float64s, Float64s]:
    """Return the two summands: w_user * user / top and w_item * item, both clipped to [0, 1].

    user_scores : in rating units, item_scores : in [0, 1], equal shapes; top : the best rating.
    The weights are scaled to sum 1, so the sum lies in [0, 1]. Raises ValueError for a negative
    weight, for weights that are both 0, and for a top that is not positive.
    """
    total = w_user + w_item
    if not (w_user >= 0.0 and w_item >= 0.0 and 0.0 < total < np.inf):
        raise ValueError("weights must not be negative, and one must be above 0")
    if not top > 0.0:
        raise ValueError(f"the top of the rating scale must be above 0, not {top}")
    users = np.clip(user_scores / top, 0.0, 1.0) * (w_user / total)
    items = np.clip(item_scores, 0.0, 1.0) * (w_item / total)
    return users, items
