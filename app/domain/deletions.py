"""What is being deleted, and whom the shop has forgotten."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Doomed(StrEnum):
    """What a mark is of."""

    ITEM = "item"
    SUBJECT = "user"
    """A shopper, or an anonymous session by its subject's name."""


class Deletion(NamedTuple):
    """A mark: something is being deleted."""

    kind: Doomed
    id: str
    at: datetime
    digest: str | None = None
    """Of a subject: the name under which it is remembered that it was erased."""
    complete: bool = False
    """Of a subject: all is gone that was there before the mark."""


class Swept(NamedTuple):
    ratings: int = 0
    events: int = 0
    sessions: int = 0
    """Claims: notes that an anonymous session had become the shopper's."""


class Removed(NamedTuple):
    swept: Swept
    account: bool


class Erasure(NamedTuple):
    """A subject was erased, by the digest of its name, so that nobody can read who it was."""

    digest: str
    at: datetime


class Listed(NamedTuple):
    at: Mapping[str, datetime]
    """When each digest was erased last."""
    digest: Callable[[str], str]
    """Gives the name under which a subject is listed here."""
