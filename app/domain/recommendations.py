"""A question a storefront asks, and the answer a shelf gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from app.domain.catalogue import Product
from app.domain.events import NO_CONTEXT, Event, EventContext
from app.domain.explanations import Explanation
from app.domain.filters import NO_FILTERS, Filters
from app.domain.settings import Similarity, Strategy


class Window(StrEnum):
    """How far back a list of what is popular looks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


class OwnRecord(NamedTuple):
    """What one subject said and did, read from the database."""

    ratings: Mapping[str, float]
    """By item id."""
    events: Sequence[Event]
    """Newest first."""


class Query(NamedTuple):
    """What one shelf is asked for. None: what the shop's settings say.

    A named tuple: `_replace` carries every field, in a third of the time of a dataclass.
    """

    subject: str | None = None
    """Whose list: a shopper or an anonymous session (`domain.subjects`)."""
    item_id: str | None = None
    """The item a shelf is about (similar items)."""
    items: tuple[str, ...] = ()
    """The items a shelf is about together (a cart)."""
    category: str | None = None
    """The one category that is asked for, levels joined by `|`, with everything below it."""
    window: Window | None = None
    n: int = 10
    offset: int = 0
    strategy: Strategy | None = None
    w_user: float | None = None
    w_item: float | None = None
    w_co_rated: float | None = None
    w_ease: float | None = None
    w_als: float | None = None
    w_neural: float | None = None
    w_sequence: float | None = None
    k: int | None = None
    similarity: Similarity | None = None
    min_similarity: float | None = None
    min_score: float | None = None
    explain: bool = False
    shown: tuple[str, ...] = ()
    """Items that stood on earlier pages: they are not shown again."""
    beside: tuple[str, ...] = ()
    """Items that are not shown either, and had no place in this list: other lists hold them."""
    begun: str | None = None
    """The strategy that made the earlier pages, where this one continues them."""
    context: EventContext = NO_CONTEXT
    """Where the shopper is now."""
    session_strength: float | None = None
    max_per_brand: int | None = None
    max_per_category: int | None = None
    limit_places: int | None = None
    diversity: float | None = None
    own: OwnRecord | None = None
    """What the subject said and did, where that is newer than memory."""
    filters: Filters = NO_FILTERS


class Candidate(NamedTuple):
    """An item on its way to a shelf: its row, its score, and what each strategy gave it.

    `parts` sum to the score; they are filled in where the query asks why.
    """

    row: int
    score: float
    parts: Mapping[str, float] = MappingProxyType({})


class Recommended(NamedTuple):
    product: Product
    score: float
    explanation: Explanation | None = None
    fallback: str | None = None
    """The strategy that chose it, where that only filled the list up."""


@dataclass(frozen=True, slots=True)
class Page:
    """A shelf's answer. `strategy` says what really made the list."""

    strategy: str
    items: list[Recommended]
    passed: tuple[str, ...] = ()
    """The items that the query's offset passed over."""
