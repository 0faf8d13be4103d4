"""Dense vectors that items brought along, in one compact block."""

import numpy as np

from app.engine import kernels_features as kernels
from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.profile import Profile

_FIRST_SLOTS = 16


class OwnVectors:
    """Item row -> dense vector of one common dimension; its owner holds the lock.

    Stored as float32, scaled by a power of two (which keeps their digits), with 1 / length in
    float64. An item row has a slot in the block or -1; the last slot fills a hole at once.
    """

    def __init__(self) -> None:
        self.count = 0
        self._signed = 0
        self._slots = np.empty(0, np.int32)
        self._reset(0)

    def _reset(self, size: int) -> None:
        self._vectors = np.zeros((_FIRST_SLOTS, size), np.float32)
        self._inverse = np.zeros(_FIRST_SLOTS)
        self._owners = np.zeros(_FIRST_SLOTS, np.int32)

    @classmethod
    def of(cls, rows: Int32s, block: Float32s) -> "OwnVectors":
        """Take distinct item rows, shape (n,), and vectors as `block` gave them, (n, size)."""
        vectors = cls()
        if rows.size == 0:
            return vectors
        lengths = np.sqrt(np.square(block, dtype=np.float64).sum(axis=1))
        vectors._vectors, vectors._owners, vectors.count = block, rows, rows.size
        vectors._inverse = np.divide(1.0, lengths, out=np.zeros(rows.size), where=lengths > 0.0)
        vectors._signed = int((block < 0.0).any(axis=1).sum())
        vectors._slots = np.full(int(rows.max()) + 1, -1, np.int32)
        vectors._slots[rows] = np.arange(rows.size, dtype=np.int32)
        return vectors

    def block(self) -> tuple[Int32s, Float32s]:
        """Copy the item rows, shape (n,), and their vectors as stored, shape (n, size)."""
        return self._owners[: self.count].copy(), self._vectors[: self.count].copy()

    @property
    def size(self) -> int:
        """Number of dimensions; 0 while there is no vector."""
        return self._vectors.shape[1]

    @property
    def signed(self) -> bool:
        """Whether any vector has a negative entry."""
        return self._signed > 0

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        arrays = (self._vectors, self._inverse, self._owners, self._slots)
        return sum(array.nbytes for array in arrays)

    def has(self, row: int) -> bool:
        """Whether the row has a vector."""
        return row < self._slots.size and bool(self._slots[row] >= 0)

    def put(self, row: int, vector: Float64s) -> None:
        """Store or replace a row's vector; shape (size,), finite."""
        if self.count == 0:
            self._reset(vector.size)
        slot = self._slot(row)
        self._signed += int((vector < 0.0).any()) - int((self._vectors[slot] < 0.0).any())
        largest = float(np.abs(vector).max())
        stored = np.ldexp(vector, -int(np.frexp(largest)[1])).astype(np.float32)
        length = float(np.sqrt(np.square(stored, dtype=np.float64).sum()))
        self._vectors[slot] = stored
        self._inverse[slot] = 1.0 / length if length > 0.0 else 0.0

    def _slot(self, row: int) -> int:
        if row >= self._slots.size:
            more = np.full(row + 1 + row // 4 - self._slots.size, -1, np.int32)
            self._slots = np.append(self._slots, more)
        if self._slots[row] < 0:
            if self.count == self._owners.size:
                self._widen()
            self._slots[row], self._owners[self.count] = self.count, row
            self._vectors[self.count] = 0.0
            self.count += 1
        return int(self._slots[row])

    def _widen(self) -> None:
        slots = self.count + self.count // 8 + _FIRST_SLOTS
        for array in (self._vectors, self._inverse, self._owners):
            array.resize((slots, *array.shape[1:]), refcheck=False)  # no view of them is ever kept

    def remove(self, row: int) -> bool:
        """Forget a row's vector; with the last one the dimension is free again."""
        if not self.has(row):
            return False
        slot, last = int(self._slots[row]), self.count - 1
        self._signed -= int((self._vectors[slot] < 0.0).any())
        self._vectors[slot], self._inverse[slot] = self._vectors[last], self._inverse[last]
        self._owners[slot] = self._owners[last]
        self._slots[self._owners[last]] = slot
        self._slots[row] = -1
        self.count = last
        if last == 0:
            self._reset(0)
        return True

    def add_scores(self, profile: Profile, scores: Float64s) -> None:
        """Write sum of value * |cosine| over the profile's items to every row with a vector."""
        if self.count == 0:
            return
        slots = self._slots_of(profile.items)
        have = slots >= 0
        count, values = self.count, profile.values[have]
        block, inverse, owners = self._vectors[:count], self._inverse[:count], self._owners[:count]
        if values.size == 0:
            return
        units = self._units(slots[have])
        if self.signed:
            kernels.own_absolute_product(block, inverse, owners, units, values, scores)
        else:
            kernels.own_product(block, inverse, owners, values @ units, scores)

    def _slots_of(self, rows: Int32s) -> Int32s:
        known = rows < self._slots.size
        return np.where(known, self._slots[np.where(known, rows, 0)], -1).astype(np.int32)

    def _units(self, slots: Int32s) -> Float64s:
        units: Float64s = self._vectors[slots] * self._inverse[slots, np.newaxis]
        return units
