"""Everything that is kept of one shopper or session."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.accounts import Account
from app.domain.errors import UnknownUser
from app.domain.events import Event
from app.domain.ports import (
    AccountRepository,
    EventRepository,
    RatingRepository,
    SessionRepository,
)
from app.domain.ratings import Rating
from app.domain.subjects import Claim

Record = Account | Rating | Event | Claim


@dataclass(frozen=True, slots=True)
class Records:
    """The collections that hold something of a subject."""

    accounts: AccountRepository
    ratings: RatingRepository
    events: EventRepository
    sessions: SessionRepository

    def any_of(self, subject: str) -> bool:
        """Return whether anything is kept of a subject."""
        return (
            self.accounts.find(subject) is not None
            or self.ratings.has_user(subject)
            or self.events.has_subject(subject)
            or bool(self.sessions.of_user(subject))
        )

    def of(self, user_id: str) -> Iterator[Record]:
        """Return the account, the ratings, the events and the sessions, or raise UnknownUser.

        They are read from the database while they are taken.
        """
        if not self.any_of(user_id):
            raise UnknownUser(user_id)
        return self._read(user_id)

    def _read(self, user_id: str) -> Iterator[Record]:
        credentials = self.accounts.find(user_id)
        if credentials is not None:
            yield credentials.account
        yield from self.ratings.rows_of(user_id)
        yield from self.events.rows_of(user_id)
        yield from self.sessions.of_user(user_id)
