"""The engine's scores in plain numpy, by passes over all ratings: what its answers are held to."""

import numpy as np
import numpy.typing as npt

from app.engine.tables.feature_table import Features
from app.engine.tables.feature_vectors import DIMENSIONS
from app.engine.tables.preferences import Preferences

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


class ExpectedByUsers:
    """User-based scores over a copy of the ratings as they are now."""

    def __init__(self, preferences: Preferences) -> None:
        self._ids, self._n_items = preferences.users, preferences.items.capacity
        self._n_users = preferences.users.capacity
        table = preferences.by_user
        starts, lengths = table.span[: self._n_users, :2].T.astype(np.int64)
        self._owners = np.repeat(np.arange(self._n_users), lengths)
        first = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        places = first + np.arange(self._owners.size)
        self._items, self._values = table.index[places], table.value[places].astype(np.float64)
        self._norms = np.sqrt(np.bincount(self._owners, self._values**2, self._n_users))

    def neighbours(self, user_id: str, *, k: int) -> tuple[Rows, Floats]:
        """Return the rows and similarities of the k most similar, equal ones in order of ids."""
        own = self._ids.row(user_id)
        assert own is not None, user_id
        mine, theirs = np.zeros(self._n_items), self._owners == own
        mine[self._items[theirs]] = self._values[theirs]
        dots = np.bincount(self._owners, self._values * mine[self._items], self._n_users)
        lengths = self._norms * self._norms[own]
        similar = np.round(dots / np.where(lengths > 0.0, lengths, 1.0), 12)
        similar[own] = 0.0
        near = np.flatnonzero(similar > 0.0)
        if near.size > k:
            near = near[similar[near] >= np.sort(similar[near])[-k]]
        best = sorted(near.tolist(), key=lambda row: (-similar[row], self._ids.id(row)))[:k]
        rows = np.array(best, np.intp)
        return rows, similar[rows]

    def scores(self, user_id: str, *, k: int) -> Floats:
        """Score every item, shape (item rows,)."""
        rows, similar = self.neighbours(user_id, k=k)
        weights = np.zeros(self._n_users)
        weights[rows] = similar
        sums = np.bincount(self._items, weights[self._owners] * self._values, self._n_items)
        return sums / similar.sum() if rows.size else sums


class ExpectedByItems:
    """Item-based scores over a copy of the encoded vectors as they are now."""

    def __init__(self, preferences: Preferences, features: Features) -> None:
        self._preferences, self._n_items = preferences, features.items.capacity
        pairs = [features.encoded(row) for row in range(self._n_items)]
        self._owners = np.repeat(np.arange(self._n_items), [dims.size for dims, _ in pairs])
        self._dims = np.concatenate([dims for dims, _ in pairs])
        weights = np.concatenate([given for _, given in pairs]).astype(np.float64)
        lengths = np.sqrt(np.bincount(self._owners, weights**2, self._n_items))
        self._weights = weights / lengths[self._owners]

    def scores(self, user_id: str) -> Floats:
        """Score every item, shape (item rows,)."""
        profile = self._preferences.profile(user_id)
        assert profile is not None, user_id
        scores = np.zeros(self._n_items)
        for item, value in zip(profile.items.tolist(), profile.values.tolist(), strict=True):
            mine, own = np.zeros(DIMENSIONS), self._owners == item
            mine[self._dims[own]] = self._weights[own]
            products = np.bincount(self._owners, self._weights * mine[self._dims], self._n_items)
            scores += value * np.abs(products)
        return scores / np.abs(profile.values).sum()
