"""Every kind of reason why an item is on a list."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

from app.domain.explanations import Named, Reason, Said
from app.domain.recommendations import Window

_A_HABIT = 3  # purchases
_MOST = 0.5
_NOTHING = Said("nothing")


class _Fields(Reason):
    """A reason whose JSON holds its fields."""

    def to_json(self) -> Any:
        return asdict(self)  # type: ignore[call-overload]  # every kind is a dataclass


@dataclass(frozen=True)
class BuyAgain(_Fields):
    """The shopper has bought it before."""

    name = "buy_again"
    keys = ("buy_again", "every_day", "every_days")

    times: int
    usual_days: float
    last_days_ago: float

    def said(self) -> Said:
        if self.times < _A_HABIT:
            return Said("buy_again")
        days = round(self.usual_days)
        return Said("every_days", {"days": days}) if days > 1 else Said("every_day")


@dataclass(frozen=True)
class RecentlyViewed(_Fields):
    """The shopper has looked at it."""

    name = "recently_viewed"
    keys = ("recently_viewed",)

    hours_ago: float

    def said(self) -> Said:
        return Said("recently_viewed")


class Beside(NamedTuple):
    """An item that this one is bought with."""

    item: Named
    orders: int
    """That hold both."""
    of: int
    lift: float
    part: float
    """Of the score."""

    def to_json(self) -> dict[str, Any]:
        return {"with": self.item.to_json()} | {
            name: value for name, value in self._asdict().items() if name != "item"
        }


@dataclass(frozen=True)
class BoughtTogether(Reason):
    """It is bought with what the list is about; the strongest first."""

    name = "bought_together"
    keys = ("bought_together",)

    entries: tuple[Beside, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        if not self.entries:
            return None
        return Said("bought_together", {"item": self.entries[0].item.in_words})


@dataclass(frozen=True)
class LikedWith(Reason):
    """Who likes the item that the list is about likes it too."""

    name = "liked_with"
    keys = ("liked_with",)

    item: Named
    shoppers: int
    """Who like both."""
    of: int
    share: float
    """Of the score."""

    def to_json(self) -> Any:
        return self.item.to_json() | {
            "shoppers": self.shoppers,
            "of": self.of,
            "share": self.share,
        }

    def said(self) -> Said | None:
        if self.share <= _MOST:
            return None
        return Said("liked_with", {"item": self.item.in_words})


@dataclass(frozen=True)
class SimilarTo(Reason):
    """It is like the item that the list is about."""

    name = "similar_to"
    keys = ("similar_to",)

    item: Named

    def to_json(self) -> Any:
        return self.item.to_json()

    def said(self) -> Said:
        return Said("similar_to", {"item": self.item.in_words})


class After(NamedTuple):
    """One of the shopper's last items that leads to this one."""

    item: Named
    share: float

    def to_json(self) -> dict[str, Any]:
        return {"after": self.item.to_json(), "share": self.share}


@dataclass(frozen=True)
class NextAfter(Reason):
    """It comes next in a visit; what says most first."""

    name = "session"
    keys = ("next_after",)

    entries: tuple[After, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        if not self.entries:
            return None
        return Said("next_after", {"item": self.entries[0].item.in_words})


class Deed(NamedTuple):
    """One of the shopper's items, and its share in bringing this one."""

    item: Named
    rating: float
    share: float

    def to_json(self) -> dict[str, Any]:
        return self.item.to_json() | {"rating": self.rating, "share": self.share}


@dataclass(frozen=True)
class Because(Reason):
    """What the shopper did brought it; the largest share first."""

    name = "because"
    keys = ("did_rated",)

    entries: tuple[Deed, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        if not self.entries:
            return None
        return Said("did_rated", {"item": self.entries[0].item.in_words})


@dataclass(frozen=True)
class Context(Reason):
    """Its category is wanted more, or less, in the present context."""

    name = "context"
    dimensions: ClassVar = ("hour", "weekday", "device", "country")
    keys = dimensions

    lift: float
    daypart: str | None
    lifts: Mapping[str, float]
    """By dimension."""

    def to_json(self) -> Any:
        return {"lift": self.lift, "daypart": self.daypart, **self.lifts}

    def said(self) -> Said | None:
        higher = {name: lift for name, lift in self.lifts.items() if lift > 1.0}
        return Said(max(higher, key=lambda name: higher[name])) if higher else None


class Close(NamedTuple):
    similarity: float
    share: float


@dataclass(frozen=True)
class Neighbours(Reason):
    """Shoppers with a like taste brought it."""

    name = "neighbours"
    keys = ("neighbours",)

    count: int
    of: int
    closest: tuple[Close, ...]

    def to_json(self) -> Any:
        closest = [close._asdict() for close in self.closest]
        return {"count": self.count, "of": self.of, "closest": closest}

    def said(self) -> Said | None:
        return Said("neighbours") if self.count else None


@dataclass(frozen=True)
class Spaces(Reason):
    """In which of its features and vectors it is like the shopper's items."""

    name = "spaces"

    shares: Mapping[str, float]

    def to_json(self) -> Any:
        return self.shares


_IN_GENERAL = ("in_category", "in_day", "in_week", "in_month", _NOTHING.key)


def _in_general(key: str, category: str | None, window: str | None = None) -> Said:
    leaf = (category or "").rpartition("|")[2]
    limited = window if window != Window.ALL else None
    values = {
        "in_category": Said("in_category", {"category": leaf}) if leaf else _NOTHING,
        "in_window": Said(f"in_{limited}") if limited else _NOTHING,
    }
    return Said(key, values)


@dataclass(frozen=True)
class Trending(_Fields):
    """More is done with it than usual."""

    name = "trending"
    keys = ("trending", *_IN_GENERAL)

    growth: float
    recent: float
    usual: float
    window: str
    category: str | None

    def said(self) -> Said:
        return _in_general("trending", self.category, self.window)


@dataclass(frozen=True)
class New(_Fields):
    """It came into the catalogue last."""

    name = "new"
    keys = ("new", *_IN_GENERAL)

    days: float
    category: str | None

    def said(self) -> Said:
        return _in_general("new", self.category)


@dataclass(frozen=True)
class PopularLately(_Fields):
    """Much was done with it in the window."""

    name = "popular"
    keys = ("popular", *_IN_GENERAL)

    window: str
    category: str | None
    events: int

    def said(self) -> Said | None:
        return _in_general("popular", self.category, self.window) if self.events else None


@dataclass(frozen=True)
class Popular(_Fields):
    """Many prefer it."""

    name = "popular"
    keys = ("popular", *_IN_GENERAL)

    ratings: int
    category: str | None

    def said(self) -> Said | None:
        return _in_general("popular", self.category) if self.ratings else None


@dataclass(frozen=True)
class Unknown(_Fields):
    """Nothing speaks for it but that the shop has it."""

    name = "unknown"
    keys = ("unknown",)

    def said(self) -> Said:
        return Said("unknown")


KINDS: tuple[type[Reason], ...] = (
    BuyAgain,
    RecentlyViewed,
    BoughtTogether,
    LikedWith,
    SimilarTo,
    NextAfter,
    Because,
    Context,
    Neighbours,
    Spaces,
    Trending,
    New,
    PopularLately,
    Popular,
    Unknown,
)
"""The most telling first: what the list is about, what the shopper did, what others do."""
