"""Lists that follow a shopper: who may follow, and what is said on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to follow a subject's list, and what it rests on: an account's epoch, or a key."""

    subject: str
    epoch: str | None = None
    key_id: str | None = None


class Reason(StrEnum):
    """Why a stream ends."""

    REVOKED = "revoked"
    """The account, its password or the key that it rests on has gone."""
    STOPPING = "stopping"
    """This process stops; another one answers."""
    EXPIRED = "expired"
    """It has lasted as long as a stream may; a new ticket opens the next one."""
    FAILED = "failed"
    """Something went wrong here; the log says what."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The list as it is now, and the digest by which it is known again."""

    content: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Beat:
    """Nothing new; said so that nobody in between takes the connection for dead."""


@dataclass(frozen=True, slots=True)
class End:
    reason: Reason


Event = Listed | Beat | End
