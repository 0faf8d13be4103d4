"""What a shop of the past learns from what it knows, and from no more: models, predictions."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from app.bootstrap.live import Live
from app.domain.models import ModelRecord
from app.domain.recommendations import Query
from app.engine.jit import Float64s, Int32s
from app.engine.models.model import unheard
from app.engine.models.ratings import Ratings
from app.learning.fitted import FittedModel
from app.learning.kinds import kind_of
from app.learning.training import require_enough
from app.offline.evaluation.interactions import Interactions
from app.offline.evaluation.variants import FEWEST_RATINGS
from app.recommender.predicted_ratings import by_model as model
from app.recommender.predicted_ratings import by_neighbours as neighbours


def fitting(kinds: Mapping[str, Mapping[str, Any]]) -> Callable[[Live, Interactions], None]:
    """Return what fits these kinds of models, each by its parameters, on what a shop knows.

    What it returns raises NotFitted as `flask train` does.
    """

    def learn(live: Live, interactions: Interactions) -> None:
        data = cache(lambda source: source(live.tables))  # the same for several kinds
        for name, parameters in kinds.items():
            kind, started = kind_of(name), time.perf_counter()
            chosen, known = kind.complete(parameters, {}), data(kind.data)
            require_enough(kind, known, chosen)
            fit = kind.fitted(known.matrix, chosen, unheard)
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
            live.learned.put(FittedModel.of(record, fit, known.items))

    return learn


def fitting_ratings(parameters: Mapping[str, Any]) -> Callable[[Live, Interactions], None]:
    """Return what fits the model of ratings where a shop knows enough of them."""
    fit = fitting({Ratings.kind: parameters})

    def learn(live: Live, interactions: Interactions) -> None:
        if int(interactions.is_rating.sum()) >= FEWEST_RATINGS:
            fit(live, interactions)

    return learn


def by_neighbours(live: Live, subject: str, items: Sequence[str]) -> Float64s:
    """Predict ratings as the neighbours who rated the items did."""
    return _told(
        live, subject, items, lambda rows: neighbours(live.tables, live.settings.current, rows)
    )


def by_model(live: Live, subject: str, items: Sequence[str]) -> Float64s:
    """Predict ratings by the fitted model; NaN everywhere if there is none."""
    return _told(live, subject, items, lambda rows: model(live.tables, live.learned, rows))


def _told(
    live: Live, subject: str, items: Sequence[str], predict: Callable[[Int32s], Float64s]
) -> Float64s:
    tables, found = live.tables, np.full(len(items), np.nan)
    with tables.lock, tables.shopper.present(Query(subject=subject)):
        rows = [tables.items.row(item) for item in items]
        known = [place for place, row in enumerate(rows) if row is not None]
        if known:
            found[known] = predict(np.array([rows[place] for place in known], np.int32))
    return found
