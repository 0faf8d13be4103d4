"""User-based recommendation: what the most similar shoppers prefer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.recommenders import similarity_kernels as kernels
from app.engine.recommenders.ranking import best_rows, shares
from app.engine.tables import neighbour_kernels
from app.engine.tables.preferences import Preferences
from app.engine.tables.profile import Profile
from app.engine.tables.table_kernels import LENGTH


class Neighbourhood(NamedTuple):
    """The knobs of user-based neighbours; as they stand here, the textbook's plain ones."""

    k: int = 50
    similarity: str = "cosine"
    """cosine, pearson or jaccard."""
    min_similarity: float = 0.0
    shrinkage: float = 0.0
    """Similarities are multiplied by n / (n + shrinkage), n items in common: few say little."""
    exponent: float = 1.0
    """Neighbours weigh by similarity to this power: above 1 the nearest count more."""
    asymmetry: float = 0.5
    """Cosine divides by |shopper|^(2 a) |neighbour|^(2 - 2 a); below 1/2, long histories lose.

    Other than at 1/2, it is not bounded by 1, and `min_similarity` is in that other unit."""
    damping: float = 0.0
    """Cosine's products are multiplied by (fewest raters of the shopper's items / raters)^damping:
    what everybody has says little."""

    @property
    def plain_cosine(self) -> bool:
        """Whether a neighbour's dot product and two norms tell the cosine."""
        return self.shrinkage == 0.0 and self.asymmetry == 0.5 and self.damping == 0.0

    def weights(self, similarities: Float64s) -> Float64s:
        if self.exponent == 1.0:
            return similarities
        weights: Float64s = np.power(similarities, self.exponent)
        return weights

    def damped(self, values: Float64s, raters: Int32s) -> Float64s:
        """Return the shopper's values, divided by how common the items are, shape (n,).

        The rarest item keeps its value, so that no similarity grows.
        """
        if self.damping == 0.0:
            return values
        counts = np.maximum(raters, 1)
        scaled: Float64s = values * np.power(counts.min() / counts, self.damping)
        return scaled


@dataclass(frozen=True)
class Neighbours:
    """The most similar users, best first: rows, similarities and weights, shapes (m,)."""

    rows: Int32s
    similarities: Float64s
    weights: Float64s


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


# (profile, neighbourhood, g, least) -> number of candidates written down
Measure = Callable[[Profile, Neighbourhood, float, float], int]
_PLAIN = Neighbourhood()


class UserBased:
    """Exact neighbours over live preferences, and what follows from them."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._sums = np.zeros(0)
        self._moments = np.zeros((0, 6))
        self._counts = np.zeros(0)
        self._seen = np.zeros(0, np.uint8)
        self._listed = np.empty(0, np.int32)
        self._rows = np.empty(0, np.int32)
        self._rounded = np.empty(0)
        self._cosines = np.empty(0)
        self._measures: dict[str, Measure] = {
            "cosine": self._cosine,
            "pearson": self._pearson,
            "jaccard": self._jaccard,
        }

    def neighbours(
        self, profile: Profile, near: Neighbourhood = _PLAIN, *, g: float = 1.0
    ) -> Neighbours:
        """Return the users most similar to the profile, without its owner.

        cosine : sum of x y over common items / (|x| |y|), norms over the full histories.
        pearson : correlation over the common items; 0 for fewer than two, or without variance.
        jaccard : items in common / items of either; values do not count.

        All with the knobs of `near`. Similarities are compared after rounding to twelve digits; one
        must be above 0 then and at least `min_similarity`. At equal similarity the smaller user id
        goes first. Raises ValueError for another `similarity`.
        """
        if near.similarity not in self._measures:
            known = ", ".join(self._measures)
            raise ValueError(f"similarity is one of {known}, not {near.similarity}")
        g = float(g)  # one type, so that nothing is compiled for another
        with self._preferences.lock:
            self._fit()
            if not profile.items.size or near.k <= 0:
                return Neighbours(np.empty(0, np.int32), np.empty(0), np.empty(0))
            least = max(1.0, float(np.rint(near.min_similarity * kernels.ROUND)))
            count = self._measures[near.similarity](profile, near, g, least)
            candidates, scores = self._rows[:count], self._rounded[:count]
            rows, _ = best_rows(candidates, scores, self._preferences.users, n=near.k)
            similarities = self._sums[rows]
            self._sums[candidates] = 0.0
            return Neighbours(rows, similarities, near.weights(similarities))

    def scores(self, profile: Profile, neighbours: Neighbours, *, g: float = 1.0) -> Float64s:
        """Score every item: sum of weight * value over neighbours / sum of all their weights.

        Returns shape (items.capacity,), in rating units; 0 where no neighbour has the item.
        """
        total = float(neighbours.weights.sum())
        weights = neighbours.weights / total if total > 0.0 else neighbours.weights
        return self._sum_up(neighbours.rows, weights, g)

    def predict(self, profile: Profile, neighbours: Neighbours, *, g: float = 1.0) -> Float64s:
        """Predict every rating: as `scores`, but divided by the neighbours who have the item.

        Returns shape (items.capacity,), in rating units; NaN where no neighbour has the item.
        """
        with self._preferences.lock:
            scores = self._sum_up(neighbours.rows, neighbours.weights, g)
            raters = np.zeros(scores.size)
            table = self._preferences.by_user.arrays
            neighbour_kernels.add_raters(table, neighbours.rows, neighbours.weights, raters)
        raters[raters == 0.0] = np.nan
        return scores / raters

    def explain(
        self,
        profile: Profile,
        neighbours: Neighbours,
        item_row: int,
        *,
        similarity: str = "cosine",
        g: float = 1.0,
    ) -> UserExplanation:
        """Tell which neighbours, and through which of the shopper's items, brought an item.

        A neighbour's share is weight * value / sum of weight * value. The share of the shopper's
        item j is the sum over neighbours v of share(v) * part(v, j), where part is
        x_j y_j / dot(x, y) for cosine; dx_j dy_j (about the means over common items) / their sum
        for pearson; 1 / number of common items for jaccard. What speaks against the item is left
        out, and the rest scaled to 1.
        """
        with self._preferences.lock:
            users, n_items = self._preferences.by_user.arrays, self._preferences.items.capacity
            values = neighbour_kernels.values_of(users, neighbours.rows, item_row, g)
            kept, user_shares = shares(values * neighbours.weights)
            rows = neighbours.rows[kept]
            theirs = neighbour_kernels.shared_with(users, rows, profile.items, n_items, g)
        own, item_shares = shares(user_shares @ _parts(profile.values, theirs, similarity))
        return UserExplanation(rows, user_shares, profile.items[own], item_shares)

    def _sum_up(self, rows: Int32s, weights: Float64s, g: float) -> Float64s:
        with self._preferences.lock:
            scores = np.zeros(self._preferences.items.capacity)
            table = self._preferences.by_user.arrays
            neighbour_kernels.add_scores(table, rows, weights, g, scores)
            return scores

    def _fit(self) -> None:
        n_users = self._preferences.users.capacity
        if n_users > self._sums.size:
            room = n_users + n_users // 8
            self._sums, self._seen = np.zeros(room), np.zeros(room, np.uint8)
            self._listed, self._rows = np.empty(room, np.int32), np.empty(room, np.int32)
            self._rounded, self._cosines = np.empty(room), np.empty(room)
            self._counts = np.zeros(room)

    def _cosine(self, profile: Profile, near: Neighbourhood, g: float, least: float) -> int:
        if not near.plain_cosine:
            return self._weighed_cosine(profile, near, g, least)
        users, listed = self._preferences.by_user.arrays, self._scanned(profile, g)
        square, k = float(profile.values @ profile.values), min(near.k, self._sums.size)
        return kernels.list_cosines(
            self._sums, users, listed, profile.user_row, square, g, least, k,
            self._rows, self._rounded, self._cosines,
        )  # fmt: skip

    def _weighed_cosine(self, profile: Profile, near: Neighbourhood, g: float, least: float) -> int:
        by_item, listed = self._preferences.by_item, self._touched(profile)
        values = near.damped(profile.values, by_item.span[profile.items, LENGTH])
        kernels.scan(by_item.arrays, profile.items, values, g, self._sums)
        if near.shrinkage > 0.0:
            kernels.scan_sets(by_item.arrays, profile.items, self._counts)
        users, square = self._preferences.by_user.arrays, float(profile.values @ profile.values)
        kernels.weigh_products(
            self._sums, self._counts, users, listed, square, g,
            float(near.shrinkage), float(near.asymmetry),
        )  # fmt: skip
        return self._list_similar(profile, listed, least)

    def _scanned(self, profile: Profile, g: float) -> Int32s:
        items, sums = self._preferences.by_item.arrays, self._sums
        rows, values, n_users = profile.items, profile.values, self._preferences.users.capacity
        if kernels.is_dense(items, rows, n_users):
            kernels.scan(items, rows, values, g, sums)
            return self._listed[: kernels.list_met(sums, n_users, self._listed)]
        return self._listed[: kernels.scan_listing(items, rows, values, g, sums, self._listed)]

    def _touched(self, profile: Profile) -> Int32s:
        items = self._preferences.by_item.arrays
        return self._listed[: kernels.list_touched(items, profile.items, self._seen, self._listed)]

    def _jaccard(self, profile: Profile, near: Neighbourhood, g: float, least: float) -> int:
        listed = self._touched(profile)
        kernels.scan_sets(self._preferences.by_item.arrays, profile.items, self._sums)
        users = self._preferences.by_user.arrays
        kernels.overlaps(self._sums, users, listed, profile.items.size, float(near.shrinkage))
        return self._list_similar(profile, listed, least)

    def _pearson(self, profile: Profile, near: Neighbourhood, g: float, least: float) -> int:
        if len(self._moments) < self._sums.size:
            self._moments = np.zeros((self._sums.size, 6))
        items, listed = self._preferences.by_item.arrays, self._touched(profile)
        kernels.scan_means(items, profile.items, profile.values, g, self._moments)
        kernels.scan_deviations(items, profile.items, profile.values, g, self._moments)
        kernels.correlations(self._moments, listed, float(near.shrinkage), self._sums)
        return self._list_similar(profile, listed, least)

    def _list_similar(self, profile: Profile, listed: Int32s, least: float) -> int:
        return kernels.list_similar(
            self._sums, listed, profile.user_row, least, self._rows, self._rounded
        )


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
