"""Ratings: give, replace, take back, list."""

from collections.abc import Callable
from datetime import datetime

from app.domain.changes import Written
from app.domain.errors import UnknownItem, UnknownRating, UnknownUser, UserLeaving
from app.domain.ids import check_id
from app.domain.ports import (
    AccountRepository,
    DeletionRepository,
    ItemRepository,
    RatingRepository,
)
from app.domain.ratings import Rating, RatingScale
from app.live.feed import Feed


class Ratings:
    """Use cases around ratings. A write is answered when this process's memory holds it."""

    def __init__(
        self,
        ratings: RatingRepository,
        items: ItemRepository,
        accounts: AccountRepository,
        deletions: DeletionRepository,
        *,
        feed: Feed,
        scale: RatingScale,
        now: Callable[[], datetime],
    ) -> None:
        self._ratings = ratings
        self._items = items
        self._accounts = accounts
        self._deletions = deletions
        self._feed = feed
        self._scale = scale
        self._now = now

    def rate(
        self, user_id: str, item_id: str, value: float, *, needs_account: bool
    ) -> Written[Rating]:
        """Store a rating; a second one of the same item replaces the first."""
        check_id(user_id, "user_id")
        check_id(item_id, "item_id")
        rating = Rating(user_id, item_id, self._scale.check(value), self._now())
        if not self._items.existing([item_id]):
            raise UnknownItem(item_id)
        position = self._ratings.put(rating)
        self._undo_if_orphan(rating, needs_account=needs_account)
        self._feed.wait(position)
        return Written(rating, position)

    def take_back(self, user_id: str, item_id: str) -> Written[bool]:
        """Remove a rating, or raise UnknownRating."""
        removed = self._ratings.remove(user_id, item_id)
        if not removed.value:
            raise UnknownRating(item_id)
        self._feed.wait(removed.position)
        return removed

    def of_user(self, user_id: str) -> list[Rating]:
        """Return the shopper's ratings, newest first."""
        return self._ratings.of_user(user_id)

    def _undo_if_orphan(self, rating: Rating, *, needs_account: bool) -> None:
        # The item or the shopper may have been deleted since we looked. Whoever deletes sweeps
        # after deleting, and we look again after writing: one of the two sees the other.
        if not self._items.existing([rating.item_id]):
            self._ratings.take_back(rating)
            raise UnknownItem(rating.item_id)
        suspect = needs_account or bool(self._deletions.subjects_marked([rating.user_id]))
        if suspect and self._accounts.find(rating.user_id) is None:
            self._ratings.take_back(rating)
            raise (UnknownUser if needs_account else UserLeaving)(rating.user_id)
