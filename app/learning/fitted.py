"""A learned model together with the ids of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.models import ModelRecord, ModelRejected
from app.engine.jit import Float64s
from app.engine.models.model import UNKNOWN_USER
from app.engine.models.ratings import Ratings
from app.engine.tables.frozen_ids import FrozenIds, frozen
from app.learning.kinds import KINDS, Kind, Model

Parts = Mapping[str, Mapping[str, NDArray[Any]]]

_BLOCK = 1 << 22  # numbers looked at at a time


@dataclass(frozen=True)
class FittedModel:
    """A version of a model as a process holds it. Frozen, but for users who leave."""

    record: ModelRecord
    model: Model
    parts: Parts
    """Its arrays, which are the live ones, and those of the ids of its rows."""
    items: FrozenIds
    users: FrozenIds | None
    """None: it knows nobody."""

    @classmethod
    def of(
        cls, record: ModelRecord, model: Model, items: Sequence[str], users: Sequence[str]
    ) -> "FittedModel":
        """Put a model together with the ids of its rows; users count where it knows them."""
        parts = {"model": dict(model.arrays()), "items": _packed(items)}
        if KINDS[record.kind].of_users:
            parts["users"] = _packed(users)
        return cls(record, model, parts, FrozenIds(parts["items"]), _users(parts))

    @classmethod
    def restored(cls, record: ModelRecord, parts: Parts) -> "FittedModel":
        """Take what `parts` was; raise ModelRejected where it does not fit together."""
        kind = KINDS.get(record.kind)
        if kind is None:
            raise ModelRejected(f"There is no kind {record.kind!r} of models here.")
        try:
            model = kind.restore(parts["model"])
            found = cls(record, model, parts, FrozenIds(parts["items"]), _users(parts))
            fits = found._fits(kind)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelRejected(f"{record.name} is of another release: {error!r}.") from error
        if not fits:
            raise ModelRejected(f"{record.name} is not finite, or its arrays do not fit together.")
        return found

    def _fits(self, kind: Kind) -> bool:
        n_users = 0 if self.users is None else len(self.users)
        arrays = self.parts["model"]
        trial = _trial(self.model)
        return (
            self.model.n_items == len(self.items) > 0
            and all(len(arrays[name]) == n_users for name in kind.of_users)
            and all(map(_finite, arrays.values()))
            and (trial is None or (trial.shape == (self.model.n_items,) and _finite(trial)))
        )

    def user(self, user_id: str) -> int:
        """Return the row of a user, -1 if it has none."""
        return UNKNOWN_USER if self.users is None else self.users.find(user_id)

    def user_ids(self, rows: range) -> dict[int, str]:
        """Return the users among some rows who have not left."""
        if self.users is None:
            return {}
        named = {row: self.users.ids[row] for row in rows}
        return {row: id_ for row, id_ in named.items() if id_.strip("\0")}

    def forget(self, row: int) -> None:
        """Drop every trace of a user: vectors, and the name."""
        assert self.users is not None
        for name in KINDS[self.record.kind].of_users:
            self.parts["model"][name][row] = 0
        self.users.ids.wipe(row)


def _trial(model: Model) -> Float64s | None:
    """Return what the model says of all its items to somebody who has the first of them."""
    first = np.zeros(1, np.int32)
    if isinstance(model, Ratings):
        return model.predict(first, np.ones(1), np.arange(model.n_items, dtype=np.int32))
    return model.scores(first, np.ones(1), UNKNOWN_USER)


def _users(parts: Parts) -> FrozenIds | None:
    return FrozenIds(parts["users"]) if "users" in parts else None


def _packed(ids: Sequence[str]) -> dict[str, NDArray[Any]]:
    arrays = frozen(len(ids), np.arange(len(ids), dtype=np.int32), ids)
    return {name: np.array(array) for name, array in arrays.items()}  # some are read-only views


def _finite(array: NDArray[Any]) -> bool:
    flat = array.reshape(-1)
    starts = range(0, flat.size, _BLOCK)
    return all(bool(np.isfinite(flat[at : at + _BLOCK]).all()) for at in starts)
