"""What a shop of the past learns from what it knows, and from no more: models, predictions."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.bootstrap.live import Live
from app.domain.models import ModelRecord
from app.domain.recommendations import Query
from app.engine.jit import Float64s
from app.engine.models.model import unheard
from app.engine.neighbourhood import Neighbourhood
from app.services.evaluation.interactions import Interactions
from app.services.learning.fitted import FittedModel
from app.services.learning.kinds import kind_of
from app.services.learning.preferred import preferred


def fitting(kinds: Mapping[str, Mapping[str, Any]]) -> Callable[[Live, Interactions], None]:
    """Return what fits these kinds of models, each by its parameters, on what a shop knows."""

    def learn(live: Live, interactions: Interactions) -> None:
        known = preferred(live.tables) if kinds else None
        for name, parameters in kinds.items():
            assert known is not None
            kind, started = kind_of(name), time.perf_counter()
            chosen = kind.complete(parameters, {})
            model = kind.fitted(known.matrix, chosen, unheard)
            record = ModelRecord(
                kind=name,
                version=0,
                fitted_at=datetime.fromtimestamp(live.tables.clock(), UTC),
                parameters=chosen,
                n_users=len(known.users),
                n_items=len(known.items),
                n_interactions=int(known.matrix.nnz),
                seconds=round(time.perf_counter() - started, 3),
            )
            live.learned.put(FittedModel.of(record, model, known.items, known.users))

    return learn


def by_neighbours(live: Live, subject: str, items: Sequence[str]) -> Float64s:
    """Predict ratings as the neighbours who rated the items did."""
    tables, now = live.tables, live.settings.current
    near = Neighbourhood(
        now.k, now.similarity.value, now.min_similarity, now.shrinkage, now.exponent, now.asymmetry
    )
    with tables.lock, tables.shopper.present(Query(subject=subject)):
        profile, g = tables.shopper.profile, tables.shopper.g
        if profile is None:
            return np.full(len(items), np.nan)
        neighbours = tables.user_based.neighbours(profile, near, g=g)
        every = tables.user_based.predict(profile, neighbours, g=g)
        rows = [tables.items.row(item) for item in items]
        return np.array([np.nan if row is None else every[row] for row in rows])
