"""Item-to-item recommendation: what is preferred by those who prefer the shopper's items."""

from typing import NamedTuple

import numpy as np

from app.engine import kernels_co_rated as kernels
from app.engine import kernels_similarity
from app.engine.explanation import shares
from app.engine.jit import Float64s, Int32s
from app.engine.kernels_table import LENGTH
from app.engine.preferences import Preferences
from app.engine.profile import Profile
from app.engine.ranking import best_rows

MOST_SHARED = 4_000_000
"""So many preferences of others are looked at for one answer: about five milliseconds."""


class CoRating(NamedTuple):
    """The knobs of co-rating: powers by which what is common says less."""

    activity: float = 1.0
    """Of the number of items somebody has, by which that shopper's say is divided."""
    rarity: float = 1.0
    """Of the number of shoppers who have the shopper's item."""
    novelty: float = 0.5
    """Of the number of shoppers who have the item in question: above, the rarer is shown."""


_USUAL = CoRating()


class CoRated:
    """Scores over live preferences, by one walk from items to shoppers and on to items.

    score(i) = sum over the profile's items j of value_j sim(i, j), where sim(i, j) is the sum over
    who has both of 1 / items^activity, divided by raters(j)^rarity raters(i)^novelty. Somebody has
    an item by a positive preference; raters and items are counted whatever the preference says.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._sums = np.zeros(0)
        self._seen = np.zeros(0, np.uint8)
        self._listed = np.empty(0, np.int32)
        self._reached = np.empty(0)

    def scores(self, profile: Profile, rating: CoRating = _USUAL) -> Float64s:
        """Score every item, without the profile's owner's own say.

        Returns shape (items.capacity,), above 0 where those who share an item have it; in no
        particular unit. If those who share an item have more than `MOST_SHARED` preferences
        together, those who share most count.
        """
        with self._preferences.lock:
            scores = np.zeros(self._preferences.items.capacity)
            users, weights = self._sharing(profile, rating)
            kernels.spread(self._preferences.by_user.arrays, users, weights, scores)
            scores /= np.power(self._raters(scores.size), rating.novelty)
            return scores

    def explain(
        self, profile: Profile, item_row: int, rating: CoRating = _USUAL
    ) -> tuple[Int32s, Float64s]:
        """Return the shopper's items that brought an item, largest share first, and their shares.

        The share of j is value_j sim(i, j) over their sum; what speaks against the item is left
        out. Shares sum to 1; both arrays are empty if nothing brought it.
        """
        with self._preferences.lock:
            one = Profile(np.array([item_row], np.int32), np.ones(1), profile.user_row)
            similar = np.zeros(self._preferences.items.capacity)
            users, weights = self._sharing(one, rating)
            kernels.spread(self._preferences.by_user.arrays, users, weights, similar)
            raters = self._raters(similar.size)[profile.items]
            amounts = profile.values * similar[profile.items] / np.power(raters, rating.rarity)
            places, parts = shares(amounts)
            return profile.items[places], parts

    def _sharing(self, profile: Profile, rating: CoRating) -> tuple[Int32s, Float64s]:
        """Return who has any of the profile's items, and how much each of them says."""
        self._fit()
        by_item, by_user = self._preferences.by_item.arrays, self._preferences.by_user.arrays
        count = kernels_similarity.list_touched(by_item, profile.items, self._seen, self._listed)
        listed = self._listed[:count]
        raters = self._raters(self._preferences.items.capacity)[profile.items]
        weights = profile.values / np.power(raters, rating.rarity)
        kernels.reach(by_item, profile.items, weights, self._sums)
        own, activity = profile.user_row, float(rating.activity)
        postings = kernels.take_reached(by_user, listed, own, activity, self._sums, self._reached)
        if postings > MOST_SHARED:
            return self._loudest(listed, self._reached[:count])
        return listed, self._reached[:count]

    def _loudest(self, listed: Int32s, reached: Float64s) -> tuple[Int32s, Float64s]:
        rounded = np.rint(np.abs(reached) * kernels_similarity.ROUND)
        rows, _ = best_rows(listed, rounded, self._preferences.users, n=listed.size)
        lengths = self._preferences.by_user.span[rows, LENGTH]
        kept = rows[np.cumsum(lengths, dtype=np.int64) <= MOST_SHARED]
        self._sums[listed] = reached
        weights = self._sums[kept]
        self._sums[listed] = 0.0
        return kept, weights

    def _raters(self, n_items: int) -> Int32s:
        raters: Int32s = np.maximum(self._preferences.by_item.span[:n_items, LENGTH], 1)
        return raters

    def _fit(self) -> None:
        n_users = self._preferences.users.capacity
        if n_users > self._sums.size:
            room = n_users + n_users // 8
            self._sums, self._seen = np.zeros(room), np.zeros(room, np.uint8)
            self._listed, self._reached = np.empty(room, np.int32), np.empty(room)
