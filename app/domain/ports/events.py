"""What was done, and by which session."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.changes import Position, Written
from app.domain.events import Event, EventKey
from app.domain.sessions import Claim


class EventRepository(Protocol):
    """Events by (subject, event id)."""

    def add_many(self, events: Sequence[Event]) -> Written[list[bool]]:
        """Store events; the value tells of each whether it is new. A stored one stays as it is."""

    def of_subject(
        self, subject: str, *, seconds: float | None = None, limit: int = 0
    ) -> list[Event]:
        """Return a subject's events, newest first, or raise StoreUnavailable in time.

        limit : return any so many of them; 0: all.
        """

    def has_subject(self, subject: str) -> bool:
        """Return whether the subject has any event."""

    def rows_of(self, subject: str) -> Iterator[Event]:
        """Return the subject's events, one by one, in the order of event ids."""

    def remove_many(self, keys: Sequence[EventKey]) -> Position | None:
        """Remove events."""

    def scan(self) -> Iterator[list[Event]]:
        """Return every event about an item in batches, without what memory has no use for."""

    def rows(self) -> Iterator[Event]:
        """Return every event, one by one, for exports."""


class SessionRepository(Protocol):
    """Which anonymous sessions have become whose."""

    def owners(self, session_ids: Iterable[str]) -> dict[str, str]:
        """Return the shoppers of those of the sessions that were merged."""

    def claim(self, session_id: str, user_id: str, at: datetime) -> str:
        """Give the session to the shopper unless it has one; return whose it is now."""

    def finished(self, session_id: str) -> None:
        """Remember that the events of a claimed session have been moved."""

    def unfinished(self, before: datetime) -> list[tuple[str, str]]:
        """Return (session id, user id) of claims made before, whose events may not be moved yet."""

    def of_user(self, user_id: str) -> list[Claim]:
        """Return the shopper's claims, oldest first."""
