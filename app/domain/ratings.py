"""What shoppers say of items."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.domain.errors import InvalidInput


class Rating(NamedTuple):
    """One shopper's rating of one item. A second one replaces the first."""

    user_id: str
    item_id: str
    rating: float
    rated_at: datetime | None = None
    """None: imported without a time."""


@dataclass(frozen=True, slots=True)
class RatingBatch:
    """Many ratings as columns, for loading; the three are equally long."""

    user_ids: list[str]
    item_ids: list[str]
    values: list[float]


@dataclass(frozen=True, slots=True)
class RatingScale:
    """The lowest and the highest rating; fractions between them are allowed."""

    lowest: float = 1.0
    top: float = 5.0

    def holds(self, rating: float) -> bool:
        return math.isfinite(rating) and self.lowest <= rating <= self.top

    def check(self, rating: float) -> float:
        """Return `rating`, or raise InvalidInput saying what the scale is."""
        if self.holds(rating):
            return rating
        raise InvalidInput("rating", f"must be a number from {self.lowest:g} to {self.top:g}")
