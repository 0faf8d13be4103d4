"""Item-based recommendation: what resembles the items a shopper prefers."""

import numpy as np

from app.engine.explanation import shares
from app.engine.feature_table import Features
from app.engine.jit import Float64s, Int32s
from app.engine.profile import Profile


class ItemBased:
    """Scores from the similarity of feature vectors: sim(i, j) = |cosine|."""

    def __init__(self, features: Features) -> None:
        self._features = features

    def scores(self, profile: Profile) -> Float64s:
        """Score every item: sum of value * sim over the profile's items / sum of |value|.

        Returns shape (items.capacity,), in [0, 1] where no value is negative.
        """
        scores = self._features.weighted(profile)
        total = float(np.abs(profile.values).sum())
        return scores / total if total > 0.0 else scores

    def similar(self, item_row: int) -> Float64s:
        """Return the similarity of every item to one, itself included, shape (capacity,)."""
        return self._features.similar(item_row)

    def explain(self, profile: Profile, item_row: int) -> tuple[Int32s, Float64s]:
        """Return the shopper's items that brought an item, largest share first, and their shares.

        The share of j is value(j) * sim(i, j) / their sum; what speaks against the item is left
        out. Shares sum to 1; both arrays are empty if nothing brought it.
        """
        similarities = self._features.similar(item_row)
        places, parts = shares(profile.values * similarities[profile.items])
        return profile.items[places], parts
