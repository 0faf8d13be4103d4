"""Item-based recommendation: what resembles the items a shopper prefers."""

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.recommenders.ranking import shares
from app.engine.tables.feature_table import Features
from app.engine.tables.profile import Profile


class ItemBased:
    """Scores from the similarity of feature vectors.

    It is |cosine| where items have one vector each, and the weighted mean over the spaces that two
    items share where some have named ones (see `feature_table`).
    """

    def __init__(self, features: Features) -> None:
        self._features = features

    def scores(self, profile: Profile) -> Float64s:
        """Score every item: sum of value * sim over the profile's items / sum of |value|.

        Returns shape (items.capacity,), in [0, 1] where nothing is negative: values, and cosines of
        named vectors.
        """
        scores = self._features.weighted(profile)
        total = float(np.abs(profile.values).sum())
        return scores / total if total > 0.0 else scores

    def similar(self, item_row: int) -> Float64s:
        """Return the similarity of every item to one, itself included, shape (capacity,).

        In [0, 1]: what is opposite is not alike.
        """
        return np.maximum(self._features.similar(item_row), 0.0)

    def explain(self, profile: Profile, item_row: int) -> tuple[Int32s, Float64s]:
        """Return the shopper's items that brought an item, largest share first, and their shares.

        The share of j is value(j) * sim(i, j) / their sum; what speaks against the item is left
        out. Shares sum to 1; both arrays are empty if nothing brought it.
        """
        parts = self._features.by_space(item_row, profile.items).values()
        similarities = np.sum([*parts, np.zeros(profile.items.size)], axis=0)
        places, found = shares(profile.values * similarities)
        return profile.items[places], found

    def spaces(self, profile: Profile, item_row: int) -> dict[str, float]:
        """Return what the vectors of each name add to the sum behind an item's score."""
        parts = self._features.by_space(item_row, profile.items)
        return {name: float(profile.values @ part) for name, part in parts.items()}
