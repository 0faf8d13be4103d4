"""The database as a whole, and what workers share through it."""

from collections.abc import Iterator
from typing import Any, Protocol

from app.domain.changes import ChangeBatch


class ChangeLog(Protocol):
    """The history of the database, from a place in time on."""

    def now(self) -> ChangeBatch:
        """Return an empty batch at the present end of the history."""

    def follow(self, after: Any) -> Iterator[ChangeBatch]:
        """Yield what happened after a batch's `resume_token`, for ever, in order.

        Yields an empty batch now and then when nothing happens, so that the caller may stop.
        Raises HistoryLost when the token is too old, StoreUnavailable when the database is away.
        """


class Leases(Protocol):
    """Who does the background work: one worker of many, for a while."""

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""


class Store(Protocol):
    """The database as a whole."""

    def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers within a second."""

    def prepare(self) -> None:
        """Make indexes and check the schema version; idempotent. Raises Misconfigured."""

    def size(self) -> int:
        """Return about how many documents are kept in memory too."""

    def installation(self) -> str:
        """Return the random name of this database, made once."""

    def close(self) -> None:
        """Let go of every connection."""


class RateLimits(Protocol):
    """Counts tries, over all workers."""

    def hit(self, limit: str, kind: str, key: str) -> None:
        """Count one try, or raise TooManyTries; `limit` is like "10 per minute"."""
