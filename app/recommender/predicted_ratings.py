"""Predicted ratings, by a fitted model or by the neighbours who rated the item."""

from typing import NamedTuple

import numpy as np

from app.domain.errors import UnknownItem
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s, Int32s
from app.engine.models.ratings import Ratings
from app.learning.learned import LearnedModels
from app.live.memory import Shopper, Tables
from app.recommender.context import ShopMemory
from app.recommender.opinions import neighbourhood

NEIGHBOURS = "neighbours"


class Predicted(NamedTuple):
    """A predicted rating, within the scale, and what predicted it; both None: nothing could."""

    rating: float | None
    model: str | None


class PredictedRatings:
    """Predicts from memory, by what the shopper has rated at the moment of asking."""

    def __init__(self, memory: ShopMemory) -> None:
        self._memory = memory

    def of(self, query: Query, item_id: str) -> Predicted:
        """Predict the rating of one item by the query's subject, or raise UnknownItem."""
        tables, catalogue = self._memory.tables, self._memory.catalogue
        learned, settings = self._memory.learned, self._memory.settings.current
        with tables.lock:
            shopper = Shopper(tables, query.subject, query.own)
            row = catalogue.row(item_id)
            if row is None or not catalogue.has(item_id):
                raise UnknownItem(item_id)
            rows, record = np.array([row], np.int32), learned.fitted(Ratings.kind)
            said = by_model(learned, shopper, rows)
            if record is not None and not np.isnan(said[0]):
                return Predicted(self._clipped(said[0]), record.name)
            said = by_neighbours(tables, settings, shopper, rows)
        return (
            Predicted(None, None)
            if np.isnan(said[0])
            else Predicted(self._clipped(said[0]), NEIGHBOURS)
        )

    def _clipped(self, rating: float) -> float:
        scale = self._memory.scale
        return float(np.clip(rating, scale.lowest, scale.top))


def by_model(learned: LearnedModels, shopper: Shopper, rows: Int32s) -> Float64s:
    """Predict ratings, NaN where the model cannot; under the lock."""
    profile = shopper.profile
    return np.full(rows.size, np.nan) if profile is None else learned.predict(profile, rows)


def by_neighbours(
    tables: Tables, settings: ShopSettings, shopper: Shopper, rows: Int32s
) -> Float64s:
    """Predict as the neighbours who rated the items did, NaN where none has; under the lock."""
    profile, g = shopper.profile, shopper.explicit_scale
    if profile is None:
        return np.full(rows.size, np.nan)
    neighbours = tables.user_based.neighbours(profile, neighbourhood(settings), g=g)
    found: Float64s = tables.user_based.predict(profile, neighbours, g=g)[rows]
    return found
