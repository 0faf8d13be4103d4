"""Rows of the live tables <-> rows of a learned model, kept right while items come and go."""

from collections.abc import Sequence

import numpy as np

from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.tables.frozen_ids import FrozenIds
from app.engine.tables.growth import resized
from app.engine.tables.ids import IdIndex

UNKNOWN = -1
_AT_ONCE = 256  # ids looked up under one hold of the lock: a fraction of a millisecond


class ModelRows:
    """Watches an index of ids. Call everything but `chunks` with the lock of the index held."""

    def __init__(self, live: IdIndex, known: FrozenIds) -> None:
        """Begin to watch `live`; what it holds already is taken in by `take`, in chunks."""
        self._live = live
        self._known = known
        self._of_live = np.full(live.capacity, UNKNOWN, np.int32)
        live.watchers.append(self)

    @property
    def of_live(self) -> Int32s:
        """The model's row of each live row, -1 where it has none; shape (capacity,)."""
        self._fit()
        return self._of_live[: self._live.capacity]

    def chunks(self) -> list[range]:
        """Return parts of the model's rows, for `take`."""
        size = len(self._known)
        return [range(at, min(at + _AT_ONCE, size)) for at in range(0, size, _AT_ONCE)]

    def take(self, rows: range) -> None:
        """Find the live rows of some of the model's rows."""
        self._fit()
        for row in rows:
            live = self._live.row(self._known.ids[row])
            if live is not None:
                self._of_live[live] = row

    def close(self) -> None:
        """Watch no more."""
        if self in self._live.watchers:
            self._live.watchers.remove(self)

    def to_live(self, scores: Float64s) -> Float64s:
        """Return scores of the model's rows by live row; 0 where the model has none."""
        padded = np.append(scores, 0.0)  # UNKNOWN is the last
        found: Float64s = padded[self.of_live]
        return found

    def added(self, rows: Int64s, ids: Sequence[str]) -> None:
        """Take in ids that are new in the index."""
        self._fit()
        for row, id_ in zip(rows.tolist(), ids, strict=True):
            self._of_live[row] = self._known.find(id_)

    def dropped(self, row: int) -> None:
        """Take in that a live row belongs to nobody."""
        if row < self._of_live.size:
            self._of_live[row] = UNKNOWN

    def restored(self) -> None:
        """Take in that the index has become another."""
        self._of_live = np.full(self._live.capacity, UNKNOWN, np.int32)
        for rows in self.chunks():
            self.take(rows)

    def _fit(self) -> None:
        """Have a place for every live row; the new ones are unknown until they are heard of."""
        size, capacity = self._of_live.size, self._live.capacity
        if size < capacity:
            self._of_live = resized(self._of_live, capacity + capacity // 8)
            self._of_live[size:] = UNKNOWN
