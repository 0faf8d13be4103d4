"""Freshness tokens: a shopper's own write counts in its next read, whichever worker answers."""

from collections.abc import Callable
from functools import cached_property

from app.domain.changes import Position
from app.domain.ports import Store
from app.services.feed import Feed

_WAIT_SECONDS = 0.05
_CLOCK_SLACK = 60  # seconds two machines' clocks may differ


class Freshness:
    """Makes tokens of positions in history, and waits for them."""

    def __init__(self, store: Store, feed: Feed, *, unix_time: Callable[[], float]) -> None:
        self._store = store
        self._feed = feed
        self._unix_time = unix_time

    @cached_property
    def _installation(self) -> str:
        return self._store.installation()

    def prepare(self) -> None:
        """Learn the name of the database, so that no request has to ask."""
        _ = self._installation

    def token(self, position: Position) -> str:
        """Return the token of a write."""
        return f"{position.seconds:x}-{position.increment:x}-{self._installation}"

    def is_reached(self, token: str) -> bool:
        """Wait a moment for the token's write; return whether memory holds it.

        Garbage, the future and other databases' tokens are passed over: they stall nobody.
        """
        position = self._position(token)
        return position is None or self._feed.wait(position, seconds=_WAIT_SECONDS)

    def _position(self, token: str) -> Position | None:
        seconds, _, rest = token.partition("-")
        increment, _, installation = rest.partition("-")
        if installation != self._installation:
            return None
        try:
            position = Position(int(seconds, 16), int(increment, 16))
        except ValueError:
            return None
        return position if position.seconds <= self._unix_time() + _CLOCK_SLACK else None
