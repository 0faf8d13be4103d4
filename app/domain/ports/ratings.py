"""Ratings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from app.domain.changes import Position, Written
from app.domain.ratings import Rating, RatingBatch


class RatingRepository(Protocol):
    """Ratings by (user id, item id)."""

    def put(self, rating: Rating) -> Position | None:
        """Store a rating; it replaces the shopper's former one of the item."""

    def put_many(self, ratings: Sequence[Rating]) -> Position | None:
        """Store many ratings; of equal pairs the last wins."""

    def take_back(self, rating: Rating) -> Position | None:
        """Remove exactly this rating, if it is still the stored one."""

    def remove(self, user_id: str, item_id: str) -> Written[bool]:
        """Remove one rating; the value tells whether there was one."""

    def of_user(self, user_id: str) -> list[Rating]:
        """Return the shopper's ratings, newest first, those without a time last."""

    def values_of(self, user_id: str, *, seconds: float) -> Mapping[str, float]:
        """Return item id -> value of the shopper's ratings, or raise StoreUnavailable in time."""

    def has_user(self, user_id: str) -> bool:
        """Return whether the shopper has any rating."""

    def rows_of(self, user_id: str) -> Iterator[Rating]:
        """Return the shopper's ratings, one by one, in the order of item ids."""

    def scan(self) -> Iterator[RatingBatch]:
        """Return every rating in batches of columns."""

    def rows(self) -> Iterator[Rating]:
        """Return every rating with its time, one by one, for exports."""
