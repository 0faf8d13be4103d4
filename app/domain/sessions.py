"""Anonymous sessions that became a shopper's."""

from datetime import datetime
from typing import NamedTuple


class Claim(NamedTuple):
    """A session is the shopper's since then."""

    session_id: str
    user_id: str
    claimed_at: datetime
