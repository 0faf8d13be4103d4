"""Who prefers the same: a walk over shoppers, and items that the same shoppers like."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel, short_kernel
from app.engine.recommenders import similarity_kernels
from app.engine.recommenders.ranking import best_rows, shares
from app.engine.tables.preferences import Preferences
from app.engine.tables.profile import Profile
from app.engine.tables.table_kernels import LENGTH, Table

_NOISE = 1e-12  # a sum below this share of its terms is a rounding error
_TINY = 1e-300  # in place of a sum of nothing
MOST_LIKERS = 2_000
"""Of an item that more like, as many count: those who like it most, then in order of ids."""


@kernel
def reach(items: Table, rows: Int32s, weights: Float64s, sums: Float64s) -> None:
    """Add an item's weight to the sum of every user with a positive preference for it."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]  # slices spare a check of each place
        values = value[start : start + length]
        for place in range(length):
            entry = users[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user] += weights[at] if values[place] > 0.0 else 0.0


@kernel
def take_reached(
    users: Table,
    listed: Int32s,
    own: int,
    least: float,
    power: float,
    sums: Float64s,
    rows: Int32s,
    reached: Float64s,
) -> int:
    """Write down sum / (number of items)^power of the users whose sum is above `least`.

    Leaves out `own`. Returns how many there are. The sums of all who are listed are 0 afterwards.
    """
    span = users[2]
    count = 0
    for at in range(listed.size):
        user = listed[at]
        if sums[user] > least and user != own:
            rows[count] = user
            reached[count] = sums[user] / np.float64(span[user, 1]) ** power
            count += 1
        sums[user] = 0.0
    return count


@kernel
def spread(users: Table, rows: Int32s, weights: Float64s, scores: Float64s) -> None:
    """Add every user's weight to all items that user has a positive preference for."""
    index, value, span, _, _ = users
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        items = index[start : start + length]
        values = value[start : start + length]
        for place in range(length):
            entry = items[place]
            item = np.uint32(entry ^ (entry >> 31))
            scores[item] += weights[at] if values[place] > 0.0 else 0.0


@kernel
def gather(items: Table, rows: Int32s, sums: Float64s) -> Float64s:
    """Sum up, for each of the items, `sums` of the users with a positive preference for it."""
    index, value, span, _, _ = items
    found = np.zeros(rows.size)
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            user = index[place] ^ (index[place] >> 31)
            found[at] += sums[user] if value[place] > 0.0 else 0.0
    return found


@short_kernel
def find_likers(items: Table, item: int, g: float) -> tuple[Int32s, Float64s]:
    """List the users with a positive preference for an item, and its value in rating units."""
    index, value, span, _, _ = items
    start, length = span[item, 0], span[item, 1]
    users, values = np.empty(length, np.int32), np.empty(length)
    count = 0
    for at in range(start, start + length):
        if value[at] > 0.0:
            entry = index[at]
            users[count] = entry ^ (entry >> 31)
            values[count] = np.float64(value[at]) * (1.0 if entry >= 0 else 1.0 / g)
            count += 1
    return users[:count], values[:count]


@kernel
def count_liked(users: Table, likers: Int32s, counts: Float64s) -> None:
    """Count for every item how many of the users have a positive preference for it."""
    index, value, span, _, _ = users
    for number in range(likers.size):
        start, length = span[likers[number], 0], span[likers[number], 1]
        items = index[start : start + length]  # slices spare a check of each place
        values = value[start : start + length]
        for place in range(length):
            entry = items[place]
            counts[np.uint32(entry ^ (entry >> 31))] += 1.0 if values[place] > 0.0 else 0.0


class CoRating(NamedTuple):
    """The knobs of co-rating; defaults are what ranked best for last items held out."""

    k: int = 1_000
    """So many shoppers count: those reached most, then in order of ids."""
    rarity: float = 0.5
    """A shopper's item says 1 / raters^rarity: what everybody has says little."""
    damping: float = 0.85
    """Who has many items is reached by chance: divided by items^damping."""
    exponent: float = 1.5
    """Shoppers weigh by how much they are reached to this power: above 1 the nearest count more."""
    novelty: float = 0.5
    """An item's score is divided by raters^novelty: above 0, the best known give way."""


class CoRated:
    """Scores over live preferences, by a walk from items to shoppers and on to items.

    reach(v) = sum of value_j / raters(j)^rarity over the profile's items j that v has, divided by
    items(v)^damping; score(i) = mean of [v has i] over the k reached most, weighed by
    reach(v)^exponent, divided by raters(i)^novelty. With all shoppers and an exponent of 1, that is
    the sum over the profile's items of value_j times a cosine of items i and j, its norms to the
    powers given and active shoppers damped. Who has an item has a positive preference for it;
    raters and items are counted whatever the preference says.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._sums = np.zeros(0)
        self._seen = np.zeros(0, np.uint8)
        self._listed = np.empty(0, np.int32)
        self._rows = np.empty(0, np.int32)
        self._reached = np.empty(0)

    def scores(self, profile: Profile, knobs: CoRating | None = None) -> Float64s:
        """Score every item; the profile's owner has no say.

        Returns shape (items.capacity,), in [0, 1]; 0 where none of those who count has the item.
        """
        knobs = knobs or CoRating()
        with self._preferences.lock:
            scores = np.zeros(self._preferences.items.capacity)
            users, reached = self._reach(profile, knobs)
            weights = np.power(reached, knobs.exponent)
            table = self._preferences.by_user.arrays
            spread(table, users, weights / max(weights.sum(), _TINY), scores)
            every = slice(0, scores.size)
            scores /= np.power(self._raters(every), knobs.novelty)
            return scores

    def explain(
        self, profile: Profile, item_row: int, knobs: CoRating | None = None
    ) -> tuple[Int32s, Float64s]:
        """Return the shopper's items that brought an item, largest share first, and their shares.

        What a shopper who counts adds to the score is shared out as their reach came about. Items
        that speak against it are left out. Shares sum to 1; both arrays are empty if nothing
        brought it.
        """
        knobs = knobs or CoRating()
        with self._preferences.lock:
            by_item = self._preferences.by_item.arrays
            users, reached = self._reach(profile, knobs)
            sums = self._sums
            sums[users] = np.power(reached, knobs.exponent - 1.0) / self._damping(users, knobs)
            having, _ = find_likers(by_item, item_row, 1.0)
            amounts = sums[having]
            sums[users] = 0.0
            sums[having] = amounts
            brought = gather(by_item, profile.items, sums)
            sums[having] = 0.0
            places, parts = shares(brought * self._weights(profile, knobs))
            return profile.items[places], parts

    def _reach(self, profile: Profile, knobs: CoRating) -> tuple[Int32s, Float64s]:
        """Return who counts, and how much each is reached, 1 for the most."""
        self._fit()
        items, users = self._preferences.by_item.arrays, self._preferences.by_user.arrays
        count = similarity_kernels.list_touched(items, profile.items, self._seen, self._listed)
        weights = self._weights(profile, knobs)
        least = _NOISE * float(np.abs(weights).sum())
        reach(items, profile.items, weights, self._sums)
        own, power, listed = profile.user_row, float(knobs.damping), self._listed[:count]
        count = take_reached(
            users, listed, own, least, power, self._sums, self._rows, self._reached
        )
        rows, reached = self._rows[:count].copy(), self._reached[:count].copy()
        reached /= reached.max(initial=_TINY)
        if count <= knobs.k:
            return rows, reached
        rounded = np.rint(reached * similarity_kernels.ROUND)
        rows, rounded = best_rows(rows, rounded, self._preferences.users, n=knobs.k)
        return rows, rounded / similarity_kernels.ROUND

    def _weights(self, profile: Profile, knobs: CoRating) -> Float64s:
        weights: Float64s = profile.values / np.power(self._raters(profile.items), knobs.rarity)
        return weights

    def _damping(self, users: Int32s, knobs: CoRating) -> Float64s:
        lengths = self._preferences.by_user.span[users, LENGTH].astype(np.float64)
        damping: Float64s = np.power(lengths, knobs.damping)
        return damping

    def _raters(self, items: Int32s | slice) -> Float64s:
        lengths = self._preferences.by_item.span[items, LENGTH]
        raters: Float64s = np.maximum(lengths, 1).astype(np.float64)
        return raters

    def _fit(self) -> None:
        n_users = self._preferences.users.capacity
        if n_users > self._sums.size:
            room = n_users + n_users // 8
            self._sums, self._seen = np.zeros(room), np.zeros(room, np.uint8)
            self._listed, self._rows = np.empty(room, np.int32), np.empty(room, np.int32)
            self._reached = np.empty(room)


@dataclass(frozen=True)
class CoLiked:
    likers: Int32s
    """Rows of those that were looked at."""
    counts: Float64s
    """How many of them like each item, shape (items.capacity,); the item itself included."""
    similarity: Float64s
    """Cosine of the two items over all shoppers, liked or not; in [0, 1], shape as above."""


def co_liked(preferences: Preferences, item: int, *, g: float = 1.0) -> CoLiked:
    """Compare an item with every other by who has a positive preference for both.

    similarity(i, j) = n_ij / sqrt(n_i n_j), where n_ij like both, n_i like i, and n_j have any
    preference for j: who dislikes j speaks against it. Of more than `MOST_LIKERS` who like i, n_ij
    is estimated from those looked at.
    """
    with preferences.lock:
        by_item, by_user = preferences.by_item, preferences.by_user
        n_items = preferences.items.capacity
        likers, values = find_likers(by_item.arrays, item, float(g))
        n_likers = likers.size
        if n_likers > MOST_LIKERS:
            likers, _ = best_rows(likers, values, preferences.users, n=MOST_LIKERS)
        counts = np.zeros(n_items)
        count_liked(by_user.arrays, likers, counts)
        if not n_likers:
            return CoLiked(likers, counts, counts)
        raters = by_item.span[:n_items, LENGTH]
        norms = np.sqrt(np.maximum(raters, 1) / n_likers)
        similarity = np.minimum(counts / (likers.size * norms), 1.0)
        return CoLiked(likers, counts, similarity)


def likers_of_both(preferences: Preferences, liked: CoLiked, item: int) -> Int32s:
    """Return the rows of the likers that `co_liked` counts for an item."""
    having, _ = find_likers(preferences.by_item.arrays, item, 1.0)
    return np.intersect1d(liked.likers, having, assume_unique=True)
