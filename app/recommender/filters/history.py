"""Filters that ask what the subject did."""

import numpy as np

from app.domain.events import Kind
from app.engine.jit import Bytes, Int32s
from app.engine.tables.activity import DAY_MS
from app.engine.tables.event_record import KINDS, EventRows
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Mask

LOOKS = np.array([KINDS.index(Kind.VIEW), KINDS.index(Kind.SEARCH)], np.uint8)
_BOUGHT = np.array([KINDS.index(Kind.PURCHASE)], np.uint8)
_ADDED = KINDS.index(Kind.CART_ADD)
_OF_CART = np.array([_ADDED, KINDS.index(Kind.CART_REMOVE), *_BOUGHT], np.uint8)


class NotLately:
    """Leaves out what the query says: what was bought or looked at lately, what is in the cart."""

    name = None

    def __init__(self, memory: ShopMemory) -> None:
        """Everything it asks stands in the context."""

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        asked = ctx.query.filters
        if asked.bought_days or asked.seen_days or asked.cart:
            events, now = ctx.events, ctx.now
            mask[_lately(events, _BOUGHT, now, asked.bought_days)] = 0
            mask[_lately(events, LOOKS, now, asked.seen_days)] = 0
            if asked.cart:
                mask[in_cart(events)] = 0


class NotBoughtLately:
    """Leaves out what was bought in the days the shop says, unless the query says others."""

    name = "hide_bought_days"

    def __init__(self, memory: ShopMemory) -> None:
        """Everything it asks stands in the context."""

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        days = ctx.settings.hide_bought_days
        if days and ctx.query.filters.bought_days is None:
            mask[_lately(ctx.events, _BOUGHT, ctx.now, days)] = 0


class NotRatedYet:
    """Leaves out what the shopper has rated, or turned down by what was done."""

    name = "rated_or_turned_down"

    def __init__(self, memory: ShopMemory) -> None:
        """Everything it asks stands in the context."""

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        if (profile := ctx.profile) is not None:
            mask[profile.settled] = 0


class NotTurnedDown:
    """Leaves out what the shopper gave back or does not like."""

    name = "turned_down"

    def __init__(self, memory: ShopMemory) -> None:
        """Everything it asks stands in the context."""

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        if (profile := ctx.profile) is not None:
            mask[profile.items[profile.values < 0.0]] = 0


def _lately(events: EventRows, kinds: Bytes, now: int, days: float | None) -> Int32s:
    """Return the item rows of the events of some kinds in the last days; None, 0: of none."""
    if not days:
        return events["item"][:0]
    return events["item"][np.isin(events["kind"], kinds) & (events["at"] >= now - days * DAY_MS)]


def in_cart(events: EventRows) -> Int32s:
    """Return the item rows that were added to the cart and neither taken out nor bought since."""
    of_cart = events[np.isin(events["kind"], _OF_CART)]
    rows, newest = np.unique(of_cart["item"], return_index=True)
    added: Int32s = rows[of_cart["kind"][newest] == _ADDED]
    return added
