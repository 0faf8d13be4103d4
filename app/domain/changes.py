"""What the feed carries: one named change after another, each with its place in time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar


class Collection(StrEnum):
    """The collections that live in memory too, and the marks of what must leave it."""

    USERS = "users"
    KEYS = "keys"
    ITEMS = "items"
    RATINGS = "ratings"
    SETTINGS = "settings"
    EVENTS = "events"
    DELETIONS = "deletions"


class Position(NamedTuple):
    """A place in the history of the database; later is greater."""

    seconds: int
    increment: int


T = TypeVar("T")

START = Position(0, 0)


class Change(NamedTuple):
    """One document is new or replaced (`value`), or gone (`value` is None).

    `value` is the domain object of the collection: Account, ApiKey, Item, Rating, ShopSettings,
    Event, Deletion. `key` is its id; for ratings the pair (user_id, item_id), for events an
    EventKey; None: the whole collection is gone.
    """

    collection: Collection
    key: Any
    value: Any = None


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes in order. When they are applied, everything up to `position` is."""

    changes: list[Change]
    position: Position
    head: Position
    """The newest place the database knew of when it answered: the feed is behind by the rest."""
    resume_token: Any
    """Where to go on after this batch; only the change log can read it."""


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """A stored value, and the position of the change it made (None: it made none)."""

    value: T
    position: Position | None
