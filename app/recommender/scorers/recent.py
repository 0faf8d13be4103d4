"""The items a shopper looked at last."""

import numpy as np

from app.recommender.context import RankingContext, ShopMemory
from app.recommender.filters.history import LOOKS
from app.recommender.reasons import RecentlyViewed
from app.recommender.stages import Scored

RECENTLY_VIEWED = "recently_viewed"
_HOUR_MS = 3_600_000


class RecentScorer:
    """Scores items by when the shopper looked at them: 1 for the last, 1/2 for the one before."""

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables

    def __call__(self, ctx: RankingContext) -> Scored | None:
        events, now = ctx.events, ctx.now
        looks = events[np.isin(events["kind"], LOOKS)]
        rows, newest = np.unique(looks["item"], return_index=True)
        if not rows.size:
            return None
        scores = np.zeros(self._tables.items.capacity)
        scores[rows[np.argsort(newest)]] = 1.0 / np.arange(1, rows.size + 1)

        def told(row: int) -> RecentlyViewed:
            at = looks["at"][newest[np.searchsorted(rows, row)]]
            return RecentlyViewed(round(max(0, now - int(at)) / _HOUR_MS, 1))

        return Scored.of_one(RECENTLY_VIEWED, scores, told=told)
