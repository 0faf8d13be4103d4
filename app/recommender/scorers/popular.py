"""The items most shoppers prefer, and those with which most was done lately."""

import numpy as np

from app.domain.recommendations import Window
from app.domain.settings import Strategy
from app.engine.jit import Float64s
from app.engine.tables.activity import DAY_MS, DAYS, Span
from app.engine.tables.preferences import Preferences
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import Popular, PopularLately
from app.recommender.stages import Scored

SPANS = {
    Window.DAY: Span.DAY,
    Window.WEEK: Span.WEEK,
    Window.MONTH: Span.MONTH,
    Window.ALL: Span.ALL,
}


def popularity_scores(preferences: Preferences, *, top: float, g: float = 1.0) -> Float64s:
    """Sum of all shoppers' values for an item / (top * number of shoppers with any preference).

    The share of shoppers who would have to give it the top to explain its total. Returns shape
    (items.capacity,); in [0, 1] for values from 0 to `top`, below 0 where negative ones outweigh.
    From running sums: O(items).
    """
    with preferences.lock:
        n_items = preferences.items.capacity
        shoppers = preferences.shoppers
        if shoppers == 0:
            return np.zeros(n_items)
        totals = preferences.by_item.totals[:n_items]
        popular: Float64s = (totals[:, 0] + totals[:, 1] / g) / (top * shoppers)
        return popular


class PopularScorer:
    """Scores every item by how many shoppers prefer it and how much, in [0, 1].

    Items nobody rated stand at the end, by their ids.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables
        self._scale = memory.scale

    def __call__(self, ctx: RankingContext) -> Scored:
        preferences = self._tables.preferences

        def told(row: int) -> Popular:
            return Popular(preferences.by_item.length(row), ctx.query.category)

        scores = popularity_scores(preferences, top=self._scale.top, g=ctx.explicit_scale)
        return Scored.of_one(Strategy.POPULAR, scores, told=told, evidence_only=False)


class PopularInWindow:
    """Scores items by the weights of the events of the query's window, newer ones more.

    Scores are shares of the most popular item's sum. A sum below the weight of one view counts as
    that view's share, so that what happened long ago is not popular today for lack of anything
    newer.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables

    def __call__(self, ctx: RankingContext) -> Scored | None:
        window = ctx.query.window
        if window is None:
            return None
        activity, now = self._tables.activity, ctx.now
        sums = activity.weighed(SPANS[window], now)
        scores = sums / max(1.0, float(sums.max(initial=0.0)))

        def told(row: int) -> PopularLately:
            events = activity.since(row, _begin(window, now))
            return PopularLately(window.value, ctx.query.category, events)

        return Scored.of_one(Strategy.POPULAR, scores, told=told)


def _begin(window: Window, now: int) -> int:
    """Return when a window that ends `now` began, in ms since 1970."""
    days = DAYS.get(SPANS[window])
    return 0 if days is None else now - days * DAY_MS
