"""User-based recommendation: what the most similar shoppers prefer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.engine import kernels_neighbours, kernels_pearson
from app.engine import kernels_similarity as kernels
from app.engine.explanation import UserExplanation, explain_by_neighbours
from app.engine.jit import Float64s, Int32s
from app.engine.preferences import Preferences
from app.engine.profile import Profile
from app.engine.ranking import best_rows

# (profile, g, least, k) -> number of candidates written down
Measure = Callable[[Profile, float, float, int], int]

_EVERYBODY = np.empty(0, np.int32)  # stands for a pass over all users


@dataclass(frozen=True)
class Neighbours:
    """The most similar users, best first: rows and similarities, shapes (m,)."""

    rows: Int32s
    similarities: Float64s


class UserBased:
    """Exact neighbours over live preferences, and what follows from them."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._sums = np.zeros(0)
        self._moments = np.zeros((0, 6))
        self._seen = np.zeros(0, np.uint8)
        self._rows = np.empty(0, np.int32)
        self._rounded = np.empty(0)
        self._cosines = np.empty(0)
        self._measures: dict[str, Measure] = {
            "cosine": self._cosine,
            "pearson": self._pearson,
            "jaccard": self._jaccard,
        }

    def neighbours(
        self,
        profile: Profile,
        *,
        k: int,
        similarity: str = "cosine",
        min_similarity: float = 0.0,
        g: float = 1.0,
    ) -> Neighbours:
        """Return the k users most similar to the profile, without its owner.

        cosine : sum of x y over common items / (|x| |y|), norms over the full histories.
        pearson : correlation over the common items; 0 for fewer than two, or without variance.
        jaccard : items in common / items of either; values do not count.

        Similarities are compared after rounding to twelve digits; it must be above 0 then and at
        least `min_similarity`. At equal similarity the smaller user id goes first.
        Raises ValueError for another `similarity`.
        """
        if similarity not in self._measures:
            raise ValueError(f"similarity is one of {', '.join(self._measures)}, not {similarity}")
        g = float(g)  # one type, so that nothing is compiled for another
        with self._preferences.lock:
            self._fit()
            if not profile.items.size or k <= 0:
                return Neighbours(np.empty(0, np.int32), np.empty(0))
            least = max(1.0, float(np.rint(min_similarity * kernels.ROUND)))
            count = self._measures[similarity](profile, g, least, k)
            candidates, scores = self._rows[:count], self._rounded[:count]
            rows, _ = best_rows(candidates, scores, self._preferences.users, n=k)
            similarities = self._sums[rows]
            self._sums[candidates] = 0.0
            return Neighbours(rows, similarities)

    def scores(self, profile: Profile, neighbours: Neighbours, *, g: float = 1.0) -> Float64s:
        """Score every item: sum of sim * value over neighbours / sum of sim over all of them.

        Returns shape (items.capacity,), in rating units; 0 where no neighbour has the item.
        """
        scores = self._sum_up(neighbours, g)
        total = float(neighbours.similarities.sum())
        return scores / total if total > 0.0 else scores

    def predict(self, profile: Profile, neighbours: Neighbours, *, g: float = 1.0) -> Float64s:
        """Predict every rating: as `scores`, but divided by the neighbours who have the item.

        Returns shape (items.capacity,), in rating units; NaN where no neighbour has the item.
        """
        with self._preferences.lock:
            scores = self._sum_up(neighbours, g)
            raters = np.zeros(scores.size)
            table = self._preferences.by_user.arrays
            kernels_neighbours.add_raters(table, neighbours.rows, neighbours.similarities, raters)
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
        """Tell which neighbours, and through which of the shopper's items, brought an item."""
        with self._preferences.lock:
            return explain_by_neighbours(
                self._preferences.by_user,
                profile,
                neighbours.rows,
                neighbours.similarities,
                item_row,
                self._preferences.items.capacity,
                similarity,
                g,
            )

    def _sum_up(self, neighbours: Neighbours, g: float) -> Float64s:
        with self._preferences.lock:
            scores = np.zeros(self._preferences.items.capacity)
            table = self._preferences.by_user.arrays
            kernels_neighbours.add_scores(
                table, neighbours.rows, neighbours.similarities, g, scores
            )
            return scores

    def _fit(self) -> None:
        n_users = self._preferences.users.capacity
        if n_users > self._sums.size:
            room = n_users + n_users // 8
            self._sums, self._seen = np.zeros(room), np.zeros(room, np.uint8)
            self._rows = np.empty(room, np.int32)
            self._rounded, self._cosines = np.empty(room), np.empty(room)

    def _is_dense(self, profile: Profile) -> bool:
        items = self._preferences.by_item.arrays
        return kernels.is_dense(items, profile.items, self._preferences.users.capacity)

    def _touched(self, profile: Profile) -> Int32s:
        """List the users to look at; empty for all of them."""
        if self._is_dense(profile):
            return _EVERYBODY
        items = self._preferences.by_item.arrays
        count = kernels.list_touched(items, profile.items, self._seen, self._rows)
        return self._rows[:count].copy()

    def _cosine(self, profile: Profile, g: float, least: float, k: int) -> int:
        return kernels.list_cosines(
            self._sums,
            self._preferences.by_user.arrays,
            self._scanned(profile, g),
            self._preferences.users.capacity,
            profile.user_row,
            float(profile.values @ profile.values),
            g,
            least,
            k,
            self._rows,
            self._rounded,
            self._cosines,
        )

    def _scanned(self, profile: Profile, g: float) -> Int32s:
        """Sum up products; return the users to look at as `_touched` does."""
        items, sums = self._preferences.by_item.arrays, self._sums
        if self._is_dense(profile):
            kernels.scan(items, profile.items, profile.values, g, sums)
            return _EVERYBODY
        count = kernels.scan_listing(
            items, profile.items, profile.values, g, sums, self._seen, self._rows
        )
        return self._rows[:count].copy()

    def _jaccard(self, profile: Profile, g: float, least: float, k: int) -> int:
        n_users, listed = self._preferences.users.capacity, self._touched(profile)
        kernels.scan_sets(self._preferences.by_item.arrays, profile.items, self._sums)
        users = self._preferences.by_user.arrays
        kernels.overlaps(self._sums, users, listed, n_users, profile.items.size)
        return self._list_similar(profile, listed, least)

    def _pearson(self, profile: Profile, g: float, least: float, k: int) -> int:
        if len(self._moments) < self._sums.size:
            self._moments = np.zeros((self._sums.size, 6))
        items, listed = self._preferences.by_item.arrays, self._touched(profile)
        kernels_pearson.scan_means(items, profile.items, profile.values, g, self._moments)
        kernels_pearson.scan_deviations(items, profile.items, profile.values, g, self._moments)
        n_users = self._preferences.users.capacity
        kernels_pearson.correlations(self._moments, listed, n_users, self._sums)
        return self._list_similar(profile, listed, least)

    def _list_similar(self, profile: Profile, listed: Int32s, least: float) -> int:
        n_users, own = self._preferences.users.capacity, profile.user_row
        return kernels.list_similar(
            self._sums, listed, n_users, own, least, self._rows, self._rounded
        )
