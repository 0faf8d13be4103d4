"""Everything that is kept of one shopper, to be given back."""

from collections.abc import Iterator

from app.domain.accounts import Account
from app.domain.errors import UnknownUser
from app.domain.events import Event
from app.domain.ratings import Rating
from app.domain.subjects import Claim
from app.services.deletions import Traces

Record = Account | Rating | Event | Claim


class Records:
    """Reads what is kept of a shopper, thing by thing."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def of(self, user_id: str) -> Iterator[Record]:
        """Return the account, the ratings, the events and the sessions, or raise UnknownUser.

        They are read from the database while they are taken.
        """
        if not self._traces.any_of(user_id):
            raise UnknownUser(user_id)
        return self._read(user_id)

    def _read(self, user_id: str) -> Iterator[Record]:
        credentials = self._traces.accounts.find(user_id)
        if credentials is not None:
            yield credentials.account
        yield from self._traces.ratings.rows_of(user_id)
        yield from self._traces.events.rows_of(user_id)
        yield from self._traces.sessions.of_user(user_id)
