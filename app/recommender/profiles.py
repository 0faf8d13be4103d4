"""Profiles of subjects, computed from memory at the moment of asking."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from app.domain.catalogue import Product
from app.domain.events import Kind
from app.domain.profiles import (
    ActivityFigures,
    PurchaseFigures,
    RatingFigures,
    Share,
    SubjectProfile,
)
from app.domain.recommendations import Query
from app.engine.jit import Float64s, Int32s
from app.engine.tables.activity import DAY_MS
from app.engine.tables.categories import NO_CATEGORY
from app.engine.tables.event_record import EventRows
from app.engine.tables.profile import Profile
from app.live.memory import Shopper
from app.recommender.context import ShopMemory

_SHOWN = 5  # categories and brands
_PRICED = (Kind.PURCHASE, Kind.VIEW)


class _Read(NamedTuple):
    """What is taken from memory under the lock."""

    now: int
    events: EventRows
    """Newest first."""
    profile: Profile | None
    preferred: list[tuple[Product, float]]
    """Of the catalogue, and how much."""
    priced: Int32s
    """Rows of the items that were bought or viewed."""
    prices: Float64s
    categories: Int32s


class Profiles:
    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables
        self._catalogue = memory.catalogue
        self._settings = memory.settings

    def of(self, query: Query) -> SubjectProfile:
        """Return the profile of the query's subject; of an unknown one, an empty profile."""
        read = self._read(query)
        kinds = np.array([*self._tables.history.vocabulary.kinds.words, ""], dtype=object)
        names = kinds[np.minimum(read.events["kind"], kinds.size - 1)]
        zone = ZoneInfo(self._settings.current.timezone)
        bought = read.events[names == Kind.PURCHASE]
        return SubjectProfile(
            activity=_activity(read.events, names.tolist(), read.now, zone),
            purchases=_purchases(bought, read.now),
            ratings=_ratings(read.profile),
            categories=_shares((item.category, value) for item, value in read.preferred),
            brands=_shares((item.brand, value) for item, value in read.preferred),
            price_level=price_level(read.priced, read.prices, read.categories),
        )

    def _read(self, query: Query) -> _Read:
        tables = self._tables
        with tables.lock:
            shopper = Shopper(tables, query.subject, query.own)
            events, profile = shopper.events, shopper.profile
            items = tables.items.capacity
            return _Read(
                now=int(tables.clock() * 1000),
                events=events,
                profile=profile,
                preferred=self._preferred(profile),
                priced=self._priced(events),
                prices=self._catalogue.facets.prices(items).copy(),
                categories=self._catalogue.categories.codes(items).copy(),
            )

    def _preferred(self, profile: Profile | None) -> list[tuple[Product, float]]:
        if profile is None:
            return []
        shown = self._catalogue.mask()
        pairs = zip(profile.items.tolist(), profile.ratings.tolist(), strict=True)
        return [(self._catalogue.product(row), v) for row, v in pairs if v > 0.0 and shown[row]]

    def _priced(self, events: EventRows) -> Int32s:
        codes = [self._tables.history.vocabulary.kinds.code(kind) for kind in _PRICED]
        rows: Int32s = np.unique(events["item"][np.isin(events["kind"], codes)])
        return rows


def price_level(rows: Int32s, prices: Float64s, categories: Int32s) -> float | None:
    """Return the median of the price ranks of some items, each within its own category.

    rows : item rows, each once; prices (NaN: not known) and categories (code) : by item row.
    A rank is 0 for the cheapest of the category and 1 for the dearest; equal prices share the mean
    of their ranks. Items without a price or a category, and those alone in theirs, do not count.
    """
    known = rows[~np.isnan(prices[rows]) & (categories[rows] != NO_CATEGORY)]
    ranks: list[float] = []
    for code in np.unique(categories[known]).tolist():
        of_category = np.sort(prices[(categories == code) & ~np.isnan(prices)])
        if of_category.size > 1:
            own = prices[known[categories[known] == code]]
            cheaper = np.searchsorted(of_category, own, side="left")
            not_dearer = np.searchsorted(of_category, own, side="right") - 1
            ranks += ((cheaper + not_dearer) / 2 / (of_category.size - 1)).tolist()
    return float(np.median(ranks)) if ranks else None


def _activity(events: EventRows, kinds: list[str], now: int, zone: ZoneInfo) -> ActivityFigures:
    times = events["at"]
    seven, thirty, ninety = (int((times > now - d * DAY_MS).sum()) for d in (7, 30, 90))
    return ActivityFigures(
        events={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        last_7_days=seven,
        last_30_days=thirty,
        last_90_days=ninety,
        active_days=len({datetime.fromtimestamp(at / 1000, zone).date() for at in times.tolist()}),
        first_seen=_time(int(times[-1])) if times.size else None,
        last_seen=_time(int(times[0])) if times.size else None,
    )


def _purchases(bought: EventRows, now: int) -> PurchaseFigures:
    if not bought.size:
        return PurchaseFigures(0, 0, 0.0, None, 0.0, None)
    # what has no order gets a number of its own, below those that hashes can have
    alone = -1 - np.arange(bought.size)
    orders = np.where(bought["order"] == 0, alone, bought["order"].astype(np.int64))
    paid = bought["price"].astype(np.float64) * bought["quantity"]
    priced = ~np.isnan(paid)
    spent, baskets = float(paid[priced].sum()), np.unique(orders[priced]).size
    n_orders = np.unique(orders).size
    days_since = (now - bought["at"]) / DAY_MS
    return PurchaseFigures(
        orders=n_orders,
        items=int(bought["quantity"].astype(np.int64).sum()),
        per_30_days=round(n_orders * 30 / max(30.0, float(days_since.max())), 4),
        recency_days=round(max(0.0, float(days_since.min())), 4),
        spent=round(spent, 2),
        mean_basket=round(spent / baskets, 2) if baskets else None,
    )


def _ratings(profile: Profile | None) -> RatingFigures:
    if profile is None:
        return RatingFigures(0, None)
    said = profile.ratings if profile.implied is None else profile.ratings[profile.implied == 0]
    return RatingFigures(said.size, round(float(said.mean()), 4) if said.size else None)


def _shares(values: Iterable[tuple[str | None, float]]) -> tuple[Share, ...]:
    """Sum the values by name; return the largest shares of the whole, those without a name too."""
    sums: dict[str | None, float] = {}
    for name, value in values:
        sums[name] = sums.get(name, 0.0) + value
    total = sum(sums.values())
    shares = [Share(name, round(value / total, 4)) for name, value in sums.items() if name]
    return tuple(sorted(shares, key=lambda share: (-share.share, share.name))[:_SHOWN])


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
