"""Small learned models, made by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.domain.models import ModelRecord
from app.engine.models.ease import Ease
from app.engine.models.neural import Layer, Neural, Vectors
from app.learning.fitted import FittedModel
from app.live.memory import Tables

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def record(kind: str = "ease", version: int = 1, **changes: Any) -> ModelRecord:
    values: dict[str, Any] = {
        "kind": kind,
        "version": version,
        "fitted_at": NOON,
        "parameters": {},
        "n_users": 3,
        "n_items": 3,
        "n_interactions": 5,
        "seconds": 0.1,
        "checksum": "c0ffee",
    }
    return ModelRecord(**(values | changes))


def ease(items: list[str], weights: Any, version: int = 1) -> FittedModel:
    """Return a model whose weights from item to item are given, rows and columns as `items`."""
    columns = np.arange(len(items), dtype=np.int32)
    model = Ease(np.array(weights, np.float32), 0.0, columns, len(items))
    return FittedModel.of(record("ease", version), model, items)


def neural(items: list[str], version: int = 1) -> FittedModel:
    """Return a network that scores item i for who likes item j alone by a bit over (j + 1)(i + 1).

    The sigmoid of it, that is; rows as `items`.
    """
    vectors = Vectors(
        np.arange(1, len(items) + 1, dtype=np.float32)[:, None],
        np.ones((len(items), 2), np.float32),
    )
    model = Neural(
        own=vectors,
        items=vectors,
        layers=[Layer(np.full((4, 2), 0.01, np.float32), np.zeros(2, np.float32))],
        mixing=np.ones(3, np.float32),
    )
    return FittedModel.of(record("neural", version), model, items)


def tables_of(*ratings: tuple[str, str, float]) -> Tables:
    tables = Tables(clock=lambda: NOON.timestamp())
    for user_id, item_id, rating in ratings:
        tables.preferences.put(user_id, item_id, rating)
    return tables
