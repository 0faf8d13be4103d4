"""What is known of a subject, in figures that a shop can use elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ActivityFigures:
    """What was done, of the newest thousand events about items."""

    events: Mapping[str, int]
    """By kind."""
    last_7_days: int
    last_30_days: int
    last_90_days: int
    active_days: int
    """Days, by the shop's clock, with any event."""
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class PurchaseFigures:
    """What was bought. A purchase without an order id is an order of its own."""

    orders: int
    items: int
    """Quantities included."""
    per_30_days: float
    """Orders, since the first purchase, or in the last 30 days if that is less long ago."""
    recency_days: float | None
    """Since the last purchase."""
    spent: float
    """Where prices are known."""
    mean_basket: float | None
    """Spent, over the orders with a known price."""


@dataclass(frozen=True, slots=True)
class RatingFigures:
    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """A category or a brand, and its share of what the subject prefers."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class SubjectProfile:
    """A subject's features as of the moment of asking."""

    activity: ActivityFigures
    purchases: PurchaseFigures
    ratings: RatingFigures
    categories: tuple[Share, ...]
    """The largest first."""
    brands: tuple[Share, ...]
    price_level: float | None
    """0: buys or looks at the cheapest of each category; 1: at the dearest."""
