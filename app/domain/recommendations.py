"""A question a storefront asks, and the answer a shelf gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from app.domain.catalogue import Product
from app.domain.settings import Similarity, Strategy


@dataclass(frozen=True, slots=True)
class Query:
    """What one shelf is asked for. None: what the shop's settings say."""

    user_id: str | None = None
    item_id: str | None = None
    """The item a shelf is about (similar items)."""
    n: int = 10
    offset: int = 0
    strategy: Strategy | None = None
    w_user: float | None = None
    w_item: float | None = None
    k: int | None = None
    similarity: Similarity | None = None
    min_similarity: float | None = None
    min_score: float | None = None
    explain: bool = False
    own_ratings: Mapping[str, float] | None = None
    """The shopper's ratings by item id, where they are newer than memory."""


class Candidate(NamedTuple):
    """An item on its way to a shelf: its row, its score, and what each strategy gave it.

    `parts` sum to the score; they are filled in where the query asks why.
    """

    row: int
    score: float
    parts: Mapping[str, float] = MappingProxyType({})


class Recommended(NamedTuple):
    """One place on a shelf."""

    product: Product
    score: float
    reasons: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A shelf's answer. `strategy` says what really made the list."""

    strategy: str
    items: list[Recommended]
