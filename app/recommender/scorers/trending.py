"""Items with which more is done than usual."""

from dataclasses import dataclass
from math import log

import numpy as np

from app.domain.errors import InvalidInput
from app.domain.recommendations import Window
from app.engine.jit import Float64s
from app.engine.tables.activity import Span
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import Trending
from app.recommender.scorers.popular import SPANS
from app.recommender.stages import Scored

TRENDING = "trending"
_USUAL = {
    Window.DAY: Span.WEEK,
    Window.WEEK: Span.MONTH,
    Window.MONTH: Span.SEASON,
}
"""What a window is compared with: about four times as long, or a week of days."""
PRIOR_EVENTS = 10.0
LEAST_GROWTH = 1.5
_EVENTS_A_WINDOW = 2.0 * log(2.0)  # by a sum with half a window as its half-life


@dataclass(frozen=True)
class Trends:
    """Growth of every item, and the events it is computed from; shapes (items,)."""

    recent: Float64s
    usual: Float64s
    growth: Float64s

    @property
    def scores(self) -> Float64s:
        """1 - 1 / growth, in [0, 1); 0 for what is no trend."""
        return np.where(self.growth >= LEAST_GROWTH, 1.0 - 1.0 / self.growth, 0.0)


def trends(short: Float64s, long: Float64s) -> Trends:
    """Compare fading counts of events over a window with those over a longer span.

    short, long : shape (items,), with half of their span as the half-life (`Activity.counted`).
    """
    besides = np.maximum(long - short, 0.0)
    all_recent, all_besides = float(short.sum()), float(besides.sum())
    recent = short * _EVENTS_A_WINDOW
    if not all_besides > all_recent:
        return Trends(recent, recent, np.ones_like(recent))
    usual = besides * (all_recent / all_besides * _EVENTS_A_WINDOW)
    return Trends(recent, usual, (recent + PRIOR_EVENTS) / (usual + PRIOR_EVENTS))


class TrendingScorer:
    """Scores items by their growth, shrunk towards none where there are few events.

    A query for all time raises InvalidInput.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables

    def __call__(self, ctx: RankingContext) -> Scored:
        window = ctx.query.window or Window.WEEK
        usual = _USUAL.get(window)
        if usual is None:
            raise InvalidInput("window", "a trend is of a day, a week or a month")
        activity, now = self._tables.activity, ctx.now
        found = trends(activity.counted(SPANS[window], now), activity.counted(usual, now))

        def told(row: int) -> Trending:
            return Trending(
                growth=round(float(found.growth[row]), 3),
                recent=round(float(found.recent[row]), 1),
                usual=round(float(found.usual[row]), 1),
                window=window.value,
                category=ctx.query.category,
            )

        return Scored.of_one(TRENDING, found.scores, told=told)
