"""Freshness tokens: a shopper's own write counts in its next read, whichever worker answers."""

from dataclasses import dataclass
from functools import cached_property
from threading import BoundedSemaphore

from app.domain.changes import Position
from app.domain.errors import StoreUnavailable
from app.domain.ports import EventRepository, RatingRepository, Store
from app.domain.recommendations import OwnRecord
from app.engine.tables.history import KEPT
from app.live.feed import Feed

_WAIT_SECONDS = 0.05
_READ_SECONDS = 0.1
_READERS = 2  # stalled reads that ask the database at once; more would make it later still
_CLOCK_SLACK = 60  # seconds the clocks of a replica set's members may differ


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether the caller's own write counts, and the subject's record where memory is late."""

    fresh: bool
    own: OwnRecord | None = None


class Freshness:
    """Makes tokens of positions in history, and sees to it that they are reached."""

    def __init__(
        self, store: Store, feed: Feed, ratings: RatingRepository, events: EventRepository
    ) -> None:
        self._store = store
        self._feed = feed
        self._ratings = ratings
        self._events = events
        self._readers = BoundedSemaphore(_READERS)

    @cached_property
    def _installation(self) -> str:
        return self._store.installation()

    def prepare(self) -> None:
        """Learn the name of the database, so that no request has to ask."""
        _ = self._installation

    def token(self, position: Position) -> str:
        return f"{position.seconds:x}-{position.increment:x}-{self._installation}"

    def is_reached(self, token: str) -> bool:
        """Wait a moment for the token's write; return whether memory holds it.

        Garbage, the future and other databases' tokens are passed over: they stall nobody.
        """
        position = self._position(token)
        return position is None or self._feed.wait(position, seconds=_WAIT_SECONDS)

    def sight(self, token: str, subject: str | None) -> Sight:
        """Wait as `is_reached`; where memory stays late, read the subject's record once."""
        if self.is_reached(token):
            return Sight(True)
        if subject is None or not self._readers.acquire(timeout=_WAIT_SECONDS):
            return Sight(False)
        try:
            ratings = self._ratings.values_of(subject, seconds=_READ_SECONDS)
            events = self._events.of_subject(subject, seconds=_READ_SECONDS)
            return Sight(True, OwnRecord(ratings, events[:KEPT]))
        except StoreUnavailable:
            return Sight(False)
        finally:
            self._readers.release()

    def _position(self, token: str) -> Position | None:
        seconds, _, rest = token.partition("-")
        increment, _, installation = rest.partition("-")
        if installation != self._installation:
            return None
        try:
            position = Position(int(seconds, 16), int(increment, 16))
        except ValueError:
            return None
        latest = self._feed.contact.clock_seconds() + _CLOCK_SLACK
        return position if position.seconds <= latest else None
