"""The newest items of the catalogue."""

import numpy as np

from app.engine.jit import Float64s
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import New
from app.recommender.stages import Scored

NEW = "new"
_DAY_SECONDS = 86_400.0


class NewScorer:
    """Scores items by when they were created: 1 / (1 + age in days), 0 where it is not known."""

    def __init__(self, memory: ShopMemory) -> None:
        self._memory = memory

    def __call__(self, ctx: RankingContext) -> Scored:
        days = self._ages(ctx.now)
        scores = np.nan_to_num(1.0 / (1.0 + days))

        def told(row: int) -> New:
            return New(round(float(days[row]), 1), ctx.query.category)

        return Scored.of_one(NEW, scores, told=told)

    def _ages(self, now: int) -> Float64s:
        """Return the items' ages in days; one from the future is as new as can be."""
        tables = self._memory.tables
        created = self._memory.catalogue.facets.created(tables.items.capacity)
        return np.maximum(now / 1000 - created, 0.0) / _DAY_SECONDS
