"""The learned models in memory, and what they say of a shopper now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.domain.models import ModelRecord
from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.models.profile import recent
from app.engine.models.ratings import Ratings
from app.engine.tables.arrays import in_slices, resized
from app.engine.tables.ids import FrozenIds, IdIndex
from app.engine.tables.profile import Profile
from app.learning.fitted import FittedModel
from app.learning.kinds import KINDS
from app.live.memory import Shopper, Tables

UNKNOWN = -1
_AT_ONCE = 256  # ids looked up under one hold of the lock


class ModelRows:
    """Watches an index of ids. Call everything with the lock of the index held."""

    def __init__(self, live: IdIndex, known: FrozenIds) -> None:
        """Begin to watch `live`; what it holds already is taken in by `take`."""
        self._live = live
        self._known = known
        self._of_live = np.full(live.capacity, UNKNOWN, np.int32)
        live.watchers.append(self)

    @property
    def of_live(self) -> Int32s:
        """The model's row of each live row, -1 where it has none; shape (capacity,)."""
        self._fit()
        return self._of_live[: self._live.capacity]

    def take(self, rows: slice) -> None:
        """Find the live rows of some of the model's rows."""
        self._fit()
        for row in range(*rows.indices(len(self._known))):
            live = self._live.row(self._known.ids[row])
            if live is not None:
                self._of_live[live] = row

    def close(self) -> None:
        if self in self._live.watchers:
            self._live.watchers.remove(self)

    def to_live(self, scores: Float64s) -> Float64s:
        """Return scores of the model's rows by live row; 0 where the model has none."""
        padded = np.append(scores, 0.0)  # UNKNOWN is the last
        found: Float64s = padded[self.of_live]
        return found

    def added(self, rows: Int64s, ids: Sequence[str]) -> None:
        self._fit()
        for row, id_ in zip(rows.tolist(), ids, strict=True):
            self._of_live[row] = self._known.find(id_)

    def dropped(self, row: int) -> None:
        if row < self._of_live.size:
            self._of_live[row] = UNKNOWN

    def restored(self) -> None:
        self._of_live = np.full(self._live.capacity, UNKNOWN, np.int32)
        self.take(slice(None))

    def _fit(self) -> None:
        """Have a place for every live row; the new ones are unknown until they are heard of."""
        size, capacity = self._of_live.size, self._live.capacity
        if size < capacity:
            self._of_live = resized(self._of_live, capacity + capacity // 8)
            self._of_live[size:] = UNKNOWN


@dataclass(frozen=True)
class _Held:
    """A model, and its rows beside those of the tables."""

    fitted: FittedModel
    rows: ModelRows


class _Own(NamedTuple):
    """The shopper's items that a model knows, as it is asked with them."""

    rows: Int32s
    ratings: Float64s
    weights: Float64s | None
    places: Int64s
    """In the profile."""


class LearnedModels:
    """One model of each kind. Each is frozen, and replaced by one assignment.

    Rows are those of the tables; call with their lock held, except `put` and `drop`, which take
    it for a moment now and then.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._held: Mapping[str, _Held] = {}

    def fitted(self, kind: str) -> ModelRecord | None:
        """Return what is in memory of a kind; None if there is no model."""
        held = self._held.get(kind)
        return None if held is None else held.fitted.record

    @property
    def records(self) -> dict[str, ModelRecord]:
        return {kind: held.fitted.record for kind, held in self._held.items()}

    def scores(self, kind: str, shopper: Shopper, *, recency: float = 0.0) -> Float64s | None:
        """Score every item row, shape (capacity,); 0 for items that the model has not seen.

        None: there is no model that ranks, or it knows nothing of the shopper.
        recency : the shop's setting.
        """
        held = self._held.get(kind)  # read once: the next lines must not see another one
        if held is None or isinstance(held.fitted.model, Ratings):
            return None
        own = _own(held, shopper, recency)
        if not own.rows.size:
            return None
        scores = held.fitted.model.scores(own.rows, own.ratings, weights=own.weights)
        return None if scores is None else held.rows.to_live(scores)

    def shares(self, kind: str, shopper: Shopper, row: int, *, recency: float = 0.0) -> Float64s:
        """Return what each item of the profile adds to the score of a row, shape as the profile.

        Empty where the model cannot tell, or does not know the item.
        """
        held = self._held.get(kind)
        item = -1 if held is None else int(held.rows.of_live[row])
        if held is None or item < 0 or isinstance(held.fitted.model, Ratings):
            return np.empty(0)
        own = _own(held, shopper, recency)
        shares = held.fitted.model.shares(own.rows, own.ratings, item, weights=own.weights)
        if not shares.size:
            return np.empty(0)
        found = np.zeros(0 if shopper.profile is None else shopper.profile.items.size)
        found[own.places] = shares
        return found

    def predict(self, profile: Profile, rows: Int32s) -> Float64s:
        """Predict ratings of rows by what the shopper has rated by now, shape of `rows`.

        NaN where nothing can be said: without a model, for an item it has not seen, and for
        somebody who rated none that it has.
        """
        found, held = np.full(rows.size, np.nan), self._held.get(Ratings.kind)
        if held is None or not isinstance(held.fitted.model, Ratings):
            return found
        of_live = held.rows.of_live
        own, wanted = of_live[profile.items], of_live[rows]
        places = own >= 0 if profile.implied is None else (own >= 0) & (profile.implied == 0)
        known = wanted >= 0
        if places.any() and known.any():
            ratings = profile.ratings[places]
            found[known] = held.fitted.model.predict(own[places], ratings, wanted[known])
        return found

    def put(self, fitted: FittedModel) -> None:
        """Have a model answer in place of the former one of its kind."""
        with self._tables.lock:
            rows = ModelRows(self._tables.items, fitted.items)
        for some in in_slices(self._tables.lock, len(fitted.items), _AT_ONCE):
            rows.take(some)
        self._swap(fitted.record.kind, _Held(fitted, rows))

    def drop(self, kind: str) -> None:
        self._swap(kind, None)

    def _swap(self, kind: str, held: _Held | None) -> None:
        with self._tables.lock:
            former = self._held.get(kind)
            others = {name: each for name, each in self._held.items() if name != kind}
            self._held = others if held is None else {**others, kind: held}
            if former is not None:
                former.rows.close()


def _own(held: _Held, shopper: Shopper, recency: float) -> _Own:
    profile = shopper.profile
    if profile is None:
        return _Own(np.empty(0, np.int32), np.empty(0), None, np.empty(0, np.int64))
    rows = held.rows.of_live[profile.items]
    places, kind = np.flatnonzero(rows >= 0), KINDS[held.fitted.record.kind]
    if kind.in_order:
        times = shopper.moments
        places = places[~np.isnan(times[places])]
        places = places[np.lexsort((rows[places], times[places]))]
        return _Own(rows[places], profile.ratings[places], None, places)
    weights = None
    if recency > 0.0 and kind.heeds_weights:
        times = np.where(profile.values > 0.0, shopper.moments, np.nan)
        weights = recent(times[places], recency)
    return _Own(rows[places], profile.ratings[places], weights, places)
