"""What every shopper prefers, from the ratings."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import RatingRepository
from app.engine.comparing import different_pairs, sides_differ
from app.engine.preferences import Preferences
from app.services.projections.projection import Arrays


class PreferencesProjection:
    """Keeps the engine's live preferences equal to the ratings."""

    name = "preferences"
    version = 1
    collections = (Collection.RATINGS,)

    def __init__(self, ratings: RatingRepository, preferences: Preferences) -> None:
        self._ratings = ratings
        self._preferences = preferences

    def load(self) -> None:
        """Read every rating into new tables and swap them in."""
        self._preferences.load(
            (batch.user_ids, batch.item_ids, np.asarray(batch.values))
            for batch in self._ratings.scan()
        )

    def apply(self, change: Change) -> None:
        """Take in one rating, or its end."""
        if change.key is None:
            self._preferences.load(())
        elif change.value is None:
            self._preferences.remove(*change.key)
        else:
            user_id, item_id = change.key
            self._preferences.put(user_id, item_id, change.value.rating)

    def forget(self, user_id: str) -> None:
        """Drop the shopper's ratings."""
        self._preferences.remove_user(user_id)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the tables."""
        return self._preferences.dump()

    def restore(self, arrays: Arrays) -> None:
        """Take what `dump` returned."""
        self._preferences.restore(arrays)

    def differences(self, rebuilt: Self) -> list[str]:
        """Compare every value, as float32, and both sides of the tables."""
        lines = [
            f"rating of {user!r} for {item!r}: memory {here:g}, rebuilt {there:g}"
            for user, item, here, there in different_pairs(self._preferences, rebuilt._preferences)
        ]
        if torn := sides_differ(self._preferences):
            lines.append(f"{torn} entries differ between the rows of users and of items")
        return lines
