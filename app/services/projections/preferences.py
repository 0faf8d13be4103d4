"""What every shopper prefers, from the ratings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import RatingRepository
from app.engine.preferences import Preferences
from app.services.projections.packing import differences
from app.services.projections.projection import Arrays


class PreferencesProjection:
    """Keeps the engine's live preferences equal to the ratings."""

    name = "preferences"
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

    def verify(self) -> list[str]:
        """Compare every rating, as float32."""
        stored: dict[str, dict[str, float]] = {}
        for batch in self._ratings.scan():
            for user_id, item_id, value in zip(
                batch.user_ids, batch.item_ids, batch.values, strict=True
            ):
                stored.setdefault(user_id, {})[item_id] = float(np.float32(value))
        memory = {user_id: self._of(user_id) for user_id in stored}
        found = differences("ratings of", memory, stored)
        extra = len(self._preferences) - sum(map(len, memory.values()))
        return [*found, f"{extra} ratings of unknown shoppers"] if extra else found

    def _of(self, user_id: str) -> dict[str, float]:
        return {item: value for item, value, _ in self._preferences.of_user(user_id)}
