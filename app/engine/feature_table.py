"""The live feature vectors of the catalogue, in two spaces."""

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.engine import kernels_features as kernels
from app.engine.bulk import build_table
from app.engine.ids import IdIndex
from app.engine.jit import Float32s, Float64s, Int32s, Int64s
from app.engine.kernels_features import DIMENSIONS
from app.engine.loading import acquire_in_steps
from app.engine.own_vectors import OwnVectors
from app.engine.packing import Arrays, pack_ids, unpack_ids
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

    def dump(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return everything as plain arrays, for `restore`.

        items, items_ends : ids of the encoded (see `packing`); lengths, dims, weights : their
        vectors end to end. own_items, own_items_ends, own : ids, and vectors of shape (n, d).
        """
        with self.lock:
            owners, block = self._own.block()
            encoded = np.setdiff1d(np.flatnonzero(self._held), owners).tolist()
            vectors = [self._encoded.row(row) for row in encoded]
            none = (np.empty(0, np.int32), np.empty(0, np.float32))
            dims, weights = (np.concatenate(c) for c in zip(none, *vectors, strict=True))
            return {
                **pack_ids("items", [self.items.id(row) for row in encoded]),
                "lengths": np.array([entries.size for entries, _ in vectors], np.int64),
                "dims": dims,
                "weights": weights,
                **pack_ids("own_items", [self.items.id(row) for row in owners.tolist()]),
                "own": block,
            }

    def restore(self, arrays: Arrays) -> None:
        """Replace everything by what `dump` returned."""
        encoded = acquire_in_steps(self.items, self.lock, unpack_ids("items", arrays))
        owners = acquire_in_steps(self.items, self.lock, unpack_ids("own_items", arrays))
        table = build_table(
            np.repeat(encoded, np.asarray(arrays["lengths"], np.int64)),
            np.array(arrays["dims"], np.int32),
            np.array(arrays["weights"], np.float32),
            n_rows=self.items.capacity,
            squared=True,
        )
        own = OwnVectors.of(owners, np.array(arrays["own"], np.float32))
        with self.lock:
            old, self._held = self._held, np.zeros(self.items.capacity, np.bool_)
            self._held[encoded] = self._held[owners] = True
            self._encoded, self._own = table, own
            self.items.release_many(np.flatnonzero(old))

    def _hold(self, item_id: str) -> int:
        """Return the item's row, with one reference from here."""
        row = self.items.row(item_id)
        if row is not None and row < self._held.size and self._held[row]:
            return row
        row = self.items.acquire(item_id)
        if row >= self._held.size:
            more = np.zeros(row + 1 + row // 4 - self._held.size, np.bool_)
            self._held = np.append(self._held, more)
        self._held[row] = True
        return row
