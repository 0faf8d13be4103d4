"""Every kind of reason why an item is on a list."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

from app.domain.events import Kind
from app.domain.explanations import Named, Reason, Said
from app.domain.recommendations import Window

RATED = "rated"
_A_HABIT = 3  # purchases
_SEVERAL = 3  # other shoppers, of whom "often" may be said
_LATELY = 30 * 24.0  # hours
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
    keys = ("recently_viewed", "viewed_before")

    hours_ago: float

    def said(self) -> Said:
        return Said("recently_viewed" if self.hours_ago <= _LATELY else "viewed_before")


class Beside(NamedTuple):
    """An item that this one is bought with."""

    item: Named
    orders: int
    """That hold both."""
    of: int
    lift: float
    part: float
    """Of the score."""
    others: int
    """Who bought both together: shoppers but for the one who asks."""

    def to_json(self) -> dict[str, Any]:
        return {"with": self.item.to_json()} | {
            name: value for name, value in self._asdict().items() if name != "item"
        }


@dataclass(frozen=True)
class BoughtTogether(Reason):
    """It is bought with what the list is about; the strongest first."""

    name = "bought_together"
    keys = ("bought_together", "bought_together_before")

    entries: tuple[Beside, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        if not self.entries:
            return None
        strongest = self.entries[0]
        often = strongest.others >= _SEVERAL
        key = "bought_together" if often else "bought_together_before"
        return Said(key, {"item": strongest.item.in_words}, weak=not often)


@dataclass(frozen=True)
class LikedWith(Reason):
    """Who likes the item that the list is about likes it too."""

    name = "liked_with"
    keys = ("liked_with", "liked_with_few")

    item: Named
    shoppers: int
    """Who like both."""
    of: int
    share: float
    """Of the score."""
    others: int
    """Of the shoppers, but for the one who asks."""

    def to_json(self) -> Any:
        return self.item.to_json() | {
            "shoppers": self.shoppers,
            "others": self.others,
            "of": self.of,
            "share": self.share,
        }

    def said(self) -> Said | None:
        if self.share <= _MOST or not self.others:
            return None
        key = "liked_with" if self.others >= _SEVERAL else "liked_with_few"
        return Said(key, {"item": self.item.in_words})


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
    others: int
    """Who went on to it: shoppers but for the one who asks."""

    def to_json(self) -> dict[str, Any]:
        return {"after": self.item.to_json(), "share": self.share, "others": self.others}


@dataclass(frozen=True)
class NextAfter(Reason):
    """It comes next in a visit; what says most first."""

    name = "session"
    keys = ("next_after", "next_after_once")

    entries: tuple[After, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        known = [entry for entry in self.entries if entry.others]
        often = [entry for entry in known if entry.others >= _SEVERAL]
        if not known:
            return None
        key = "next_after" if often else "next_after_once"
        return Said(key, {"item": (often or known)[0].item.in_words}, weak=not often)


class Deed(NamedTuple):
    """One of the shopper's items, and its share in bringing this one."""

    item: Named
    did: str | None
    """`RATED`, or the kind of the event that says most now; None: it is not known."""
    preference: float
    """In rating units."""
    share: float

    def to_json(self) -> dict[str, Any]:
        return self.item.to_json() | {
            name: value for name, value in self._asdict().items() if name != "item"
        }


@dataclass(frozen=True)
class Because(Reason):
    """What the shopper did brought it; the largest share first."""

    name = "because"
    did: ClassVar = frozenset({RATED, *Kind})
    keys = ("did", *(f"did_{did}" for did in sorted(did)))

    entries: tuple[Deed, ...]

    def to_json(self) -> Any:
        return [entry.to_json() for entry in self.entries]

    def said(self) -> Said | None:
        if not self.entries:
            return None
        strongest = self.entries[0]
        key = f"did_{strongest.did}" if strongest.did in self.did else "did"
        return Said(key, {"item": strongest.item.in_words})


@dataclass(frozen=True)
class Before(_Fields):
    """What the shopper did with it, where that speaks for it."""

    name = "before"
    keys = ("viewed_before", "buy_again", "chosen_before")

    did: str

    def said(self) -> Said:
        if self.did in (Kind.VIEW, Kind.SEARCH):
            return Said("viewed_before")
        return Said("buy_again" if self.did == Kind.PURCHASE else "chosen_before")


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
    keys = ("neighbours", "neighbours_few")

    count: int
    of: int
    closest: tuple[Close, ...]

    def to_json(self) -> Any:
        closest = [close._asdict() for close in self.closest]
        return {"count": self.count, "of": self.of, "closest": closest}

    def said(self) -> Said | None:
        if not self.count:
            return None
        return Said("neighbours" if self.count >= _SEVERAL else "neighbours_few")


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

    shoppers: int
    category: str | None

    def said(self) -> Said | None:
        return _in_general("popular", self.category) if self.shoppers else None


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
    Before,
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
