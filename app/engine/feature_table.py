"""The live feature vectors of the catalogue, in two spaces."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine import kernels_features as kernels
from app.engine.growth import resized
from app.engine.ids import IdIndex
from app.engine.jit import Float32s, Float64s, Int32s, Int64s
from app.engine.kernels_features import DIMENSIONS
from app.engine.own_vectors import OwnVectors
from app.engine.packing import Arrays
from app.engine.profile import Profile
from app.engine.row_table import RowTable


class Features:
    """Item -> feature vector: encoded from the catalogue (sparse) or brought along (dense).

    An item is in one space, that of the last put, and similar only to items of the same space.
    A vector holds one reference to the item's id, a zero vector too. Each method takes `lock`.
    """

    def __init__(self, items: IdIndex, lock: threading.RLock) -> None:
        self.items = items
        self.lock = lock
        self._encoded = RowTable(squared=True)
        self._own = OwnVectors()
        self._held = np.zeros(0, np.bool_)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._held))

    @property
    def nbytes(self) -> int:
        """Bytes of both spaces, slack included, without the ids."""
        return self._encoded.nbytes + self._own.nbytes + self._held.nbytes

    @property
    def own_size(self) -> int:
        """Dimension of the vectors that items brought along; 0 while there is none."""
        return self._own.size

    @property
    def signed(self) -> bool:
        """Whether any such vector has a negative entry."""
        return self._own.signed

    def put_encoded(self, item_id: str, dims: Int32s, weights: Float32s) -> None:
        """Store an encoded vector (see `features.encode`), in place of any other of the item.

        dims, weights : shape (n,), distinct dimensions below DIMENSIONS, weights not negative.
        """
        dims, weights = np.array(dims, np.int32), np.array(weights, np.float32)
        if dims.size != weights.size:
            raise ValueError(f"{dims.size} dimensions do not go with {weights.size} weights")
        if dims.size and (int(dims.min()) < 0 or int(dims.max()) >= DIMENSIONS):
            raise ValueError(f"encoded dimensions lie between 0 and {DIMENSIONS - 1}")
        if not (np.isfinite(weights).all() and (weights >= 0.0).all()):
            raise ValueError("encoded weights must be finite and not negative")
        with self.lock:
            row = self._hold(item_id)
            self._own.remove(row)
            self._encoded.set_row(row, dims, weights)

    def put_encoded_many(
        self, item_ids: Sequence[str], ends: Int64s, dims: Int32s, weights: Float32s
    ) -> None:
        """Store what `features.encode_many` returned, letting others have the lock in between."""
        start = 0
        for item_id, end in zip(item_ids, ends.tolist(), strict=True):
            self.put_encoded(item_id, dims[start:end], weights[start:end])
            start = end

    def put_own(self, item_id: str, vector: npt.ArrayLike) -> None:
        """Store the vector an item brought along, in place of any other of the item.

        vector : shape (d,), float; the first vector of the catalogue sets d. Raises ValueError for
        another size, for an empty vector and for numbers that are not finite.
        """
        given = np.asarray(vector, dtype=np.float64)
        if given.ndim != 1 or given.size == 0 or not np.isfinite(given).all():
            raise ValueError("a feature vector is a non-empty list of finite numbers")
        with self.lock:
            row = self.items.row(item_id)
            alone = self._own.count == 1 and row is not None and self._own.has(row)
            if self._own.count and not alone and given.size != self._own.size:
                raise ValueError(
                    f"this catalogue's feature vectors have {self._own.size} numbers, "
                    f"not {given.size}"
                )
            row = self._hold(item_id)
            if alone:
                self._own.remove(row)
            self._encoded.set_row(row, np.empty(0, np.int32), np.empty(0, np.float32))
            self._own.put(row, given)

    def remove(self, item_id: str) -> bool:
        """Forget an item's vector; False if there is none."""
        with self.lock:
            row = self.items.row(item_id)
            if row is None or row >= self._held.size or not self._held[row]:
                return False
            self._own.remove(row)
            self._encoded.set_row(row, np.empty(0, np.int32), np.empty(0, np.float32))
            self._encoded.trim()
            self._held[row] = False
            self.items.release(row)
            return True

    def encoded(self, item_row: int) -> tuple[Int32s, Float32s]:
        """Copy an item's encoded vector: dimensions and weights, both empty if it has none."""
        with self.lock:
            return self._encoded.row(item_row)

    def by_id(self) -> dict[str, tuple[tuple[int, float], ...]]:
        """Return every vector as stored: (dimension, number) pairs, ~dimension in own ones."""
        with self.lock:
            return {
                self.items.id(row): self._own.pairs(row) or self._encoded_pairs(row)
                for row in np.flatnonzero(self._held).tolist()
            }

    def _encoded_pairs(self, row: int) -> tuple[tuple[int, float], ...]:
        dims, weights = self._encoded.row(row)
        return tuple(sorted(zip(dims.tolist(), weights.tolist(), strict=True)))

    def similar(self, item_row: int) -> Float64s:
        """Return |cosine| with every item, itself included, shape (items.capacity,)."""
        return self.weighted(Profile(np.array([item_row], np.int32), np.ones(1)))

    def weighted(self, profile: Profile) -> Float64s:
        """Return the sum of value * |cosine| over the profile's items, shape (items.capacity,)."""
        with self.lock:
            n_items = self.items.capacity
            scores = np.zeros(n_items)
            self._encoded.fit_rows(n_items)
            table = self._encoded.arrays
            wanted = kernels.encoded_profile(table, profile.items, profile.values, DIMENSIONS)
            if len(self._encoded) and wanted.any():
                kernels.encoded_product(table, n_items, wanted, scores)
            self._own.add_scores(profile, scores)
            return scores

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Return both spaces as plain arrays, rows as they are, for `restore`.

        They are the live arrays, which stay where they are as long as nothing is changed.
        """
        with self.lock:
            self._encoded.fit_rows(self.items.capacity)  # readers will find nothing left to do
            return {**self._encoded.dump("encoded"), **self._own.dump(), "held": self._held}

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described, over ids that were restored too; the arrays are taken."""
        with self.lock:
            self._encoded.restore("encoded", arrays)
            self._own.restore(arrays)
            self._held = arrays["held"]

    def _hold(self, item_id: str) -> int:
        """Return the item's row, with one reference from here."""
        row = self.items.row(item_id)
        if row is not None and row < self._held.size and self._held[row]:
            return row
        row = self.items.acquire(item_id)
        if row >= self._held.size:
            self._held = resized(self._held, row + 1 + row // 4)
        self._held[row] = True
        return row
