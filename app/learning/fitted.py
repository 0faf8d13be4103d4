"""A learned model together with the ids of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.models import ModelRecord, ModelRejected
from app.engine.jit import Float64s
from app.engine.models.ratings import Ratings
from app.engine.tables.ids import FrozenIds, frozen
from app.learning.kinds import KINDS, Model

Parts = Mapping[str, Mapping[str, NDArray[Any]]]

_BLOCK = 1 << 22  # numbers looked at at a time


@dataclass(frozen=True)
class FittedModel:
    """A version of a model as a process holds it."""

    record: ModelRecord
    model: Model
    parts: Parts
    """Its arrays, and those of the ids of its rows."""
    items: FrozenIds

    @classmethod
    def of(cls, record: ModelRecord, model: Model, items: Sequence[str]) -> "FittedModel":
        parts = {"model": dict(model.arrays()), "items": _packed(items)}
        return cls(record, model, parts, FrozenIds(parts["items"]))

    @classmethod
    def restored(cls, record: ModelRecord, parts: Parts) -> "FittedModel":
        """Take what `parts` was; raise ModelRejected where it does not fit together."""
        kind = KINDS.get(record.kind)
        if kind is None:
            raise ModelRejected(f"There is no kind {record.kind!r} of models here.")
        try:
            model = kind.restore(parts["model"])
            found = cls(record, model, parts, FrozenIds(parts["items"]))
            fits = found._fits()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelRejected(
                f"{record.name} is of another release ({error!r}). "
                f"Fit it again: flask train {record.kind}"
            ) from error
        if not fits:
            raise ModelRejected(f"{record.name} is not finite, or its arrays do not fit together.")
        return found

    def _fits(self) -> bool:
        trial = _trial(self.model)
        return (
            self.model.n_items == len(self.items) > 0
            and all(map(_finite, self.parts["model"].values()))
            and (trial is None or (trial.shape == (self.model.n_items,) and _finite(trial)))
        )


def _trial(model: Model) -> Float64s | None:
    """Return what the model says of all its items to somebody who has the last of them."""
    last = np.array([model.n_items - 1], np.int32)
    if isinstance(model, Ratings):
        return model.predict(last, np.ones(1), np.arange(model.n_items, dtype=np.int32))
    return model.scores(last, np.ones(1))


def _packed(ids: Sequence[str]) -> dict[str, NDArray[Any]]:
    arrays = frozen(len(ids), np.arange(len(ids), dtype=np.int32), ids)
    return {name: np.array(array) for name, array in arrays.items()}  # some are read-only views


def _finite(array: NDArray[Any]) -> bool:
    flat = array.reshape(-1)
    starts = range(0, flat.size, _BLOCK)
    return all(bool(np.isfinite(flat[at : at + _BLOCK]).all()) for at in starts)
