"""Why an item is recommended: shares of its score."""

from dataclasses import dataclass

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.tables import neighbour_kernels as kernels
from app.engine.tables.profile import Profile
from app.engine.tables.row_table import RowTable


@dataclass(frozen=True)
class UserExplanation:
    """Who brought an item, and what they have in common with the shopper; largest share first.

    users, user_shares : neighbours who have the item, and their shares of its score.
    items, item_shares : the shopper's own items, and theirs.
    Shares are positive and sum to 1; all four are empty if nobody brought the item.
    """

    users: Int32s
    user_shares: Float64s
    items: Int32s
    item_shares: Float64s


def explain_by_neighbours(
    by_user: RowTable,
    profile: Profile,
    neighbours: Int32s,
    weights: Float64s,
    item_row: int,
    n_items: int,
    similarity: str,
    g: float,
) -> UserExplanation:
    """Split the user-based score of one item.

    A neighbour's share is weight * value / sum of weight * value. The share of the shopper's item
    j is the sum over neighbours v of share(v) * part(v, j), where part is x_j y_j / dot(x, y) for
    cosine; dx_j dy_j (about the means over common items) / their sum for pearson; 1 / number of
    common items for jaccard. What speaks against the item is left out, and the rest scaled to 1.
    """
    values = kernels.values_of(by_user.arrays, neighbours, item_row, g)
    kept, user_shares = shares(values * weights)
    theirs = kernels.shared_with(by_user.arrays, neighbours[kept], profile.items, n_items, g)
    brought = user_shares @ _parts(profile.values, theirs, similarity)
    own, item_shares = shares(brought)
    return UserExplanation(neighbours[kept], user_shares, profile.items[own], item_shares)


def shares(amounts: Float64s) -> tuple[Int32s, Float64s]:
    """Return the places of the positive amounts, largest first, and their shares of their sum."""
    positive = np.flatnonzero(amounts > 0.0)
    places = positive[np.argsort(-amounts[positive], kind="stable")]
    chosen = amounts[places]
    return places.astype(np.int32), chosen / chosen.sum() if chosen.size else chosen


def _parts(mine: Float64s, theirs: Float64s, similarity: str) -> Float64s:
    """How much each of the shopper's items adds to the similarity with each neighbour.

    mine : shape (n,), theirs : shape (m, n), NaN where not common. Returns shape (m, n), rows of
    sum 1 (or all 0).
    """
    common = ~np.isnan(theirs)
    x = np.where(common, mine, 0.0)
    y = np.where(common, theirs, 0.0)
    if similarity == "jaccard":
        products = common.astype(np.float64)
    elif similarity == "pearson":
        counts = np.maximum(common.sum(axis=1, keepdims=True), 1)
        x_mean = x.sum(axis=1, keepdims=True) / counts
        y_mean = y.sum(axis=1, keepdims=True) / counts
        products = np.where(common, (x - x_mean) * (y - y_mean), 0.0)
    else:
        products = x * y
    parts = np.maximum(products, 0.0)
    totals = parts.sum(axis=1, keepdims=True)
    result: Float64s = np.divide(parts, totals, out=np.zeros_like(parts), where=totals > 0.0)
    return result
