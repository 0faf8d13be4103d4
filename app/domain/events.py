"""What shoppers do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

MAX_EVENTS = 1000
"""Events in one call."""
MAX_QUERY = 500
"""Characters of a search."""
MAX_WORD = 64
"""Characters of a device, a placement, a country."""
MAX_PAGE = 500
"""Characters of a page's address."""
MAX_QUANTITY = 1_000_000
MAX_KINDS = 100
KIND_NAME = "[a-z][a-z0-9_]{0,39}"


class Kind(StrEnum):
    """What every shop knows; a shop declares others by giving them a weight."""

    VIEW = "view"
    SEARCH = "search"
    CART_ADD = "cart_add"
    CART_REMOVE = "cart_remove"
    PURCHASE = "purchase"
    FAVOURITE = "favourite"
    LIKE = "like"
    DISLIKE = "dislike"
    SHARE = "share"
    RETURN = "return"


WEIGHTS: Mapping[str, float] = MappingProxyType({
    Kind.VIEW.value: 1.0,
    Kind.SEARCH.value: 1.0,
    Kind.CART_ADD.value: 3.0,
    Kind.CART_REMOVE.value: -2.0,
    Kind.PURCHASE.value: 5.0,
    Kind.FAVOURITE.value: 3.0,
    Kind.LIKE.value: 3.0,
    Kind.DISLIKE.value: -5.0,
    Kind.SHARE.value: 2.0,
    Kind.RETURN.value: -8.0,
})  # fmt: skip
"""How much one event of a kind says, unless the shop's settings say otherwise."""


class EventKey(NamedTuple):
    """What names an event: whose it is, and an id that is the subject's own."""

    subject: str
    event_id: str


@dataclass(frozen=True, slots=True)
class EventContext:
    """Where it happened. All of it may be missing."""

    page: str | None = None
    device: str | None = None
    placement: str | None = None
    country: str | None = None
    recommendation_id: str | None = None


NO_CONTEXT = EventContext()


class Event(NamedTuple):
    """One thing that one subject did. Stored once, never changed."""

    key: EventKey
    kind: str
    item_id: str | None
    """None: a search whose results were not clicked."""
    at: datetime
    received_at: datetime
    quantity: int | None = None
    price: float | None = None
    """Of one unit."""
    order_id: str | None = None
    query: str | None = None
    context: EventContext = NO_CONTEXT
