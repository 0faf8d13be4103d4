"""Whom behaviour belongs to: a shopper, or an anonymous session, under one kind of name.

A session's subject begins with a character that no id may hold, so that the two never meet.
"""

from datetime import datetime
from typing import NamedTuple

from app.domain.errors import InvalidInput
from app.domain.ids import MAX_ID_LENGTH, is_id

MIN_SESSION_ID_LENGTH = 8
SESSION_RULE = f"must be {MIN_SESSION_ID_LENGTH} to {MAX_ID_LENGTH} printable characters"
_MARK = "\x1f"


def is_session_id(text: str) -> bool:
    """Return whether `text` is an id of at least 8 characters: who guesses it reads its lists."""
    return len(text) >= MIN_SESSION_ID_LENGTH and is_id(text)


def check_session_id(text: str) -> str:
    if is_session_id(text):
        return text
    raise InvalidInput("session_id", SESSION_RULE)


def of_session(session_id: str) -> str:
    return _MARK + session_id


def is_session(subject: str) -> bool:
    return subject.startswith(_MARK)


def session_id_of(subject: str) -> str | None:
    """Return the id of the session; None for a shopper."""
    return subject.removeprefix(_MARK) if is_session(subject) else None


class Claim(NamedTuple):
    """A session is the shopper's since then."""

    session_id: str
    user_id: str
    claimed_at: datetime
