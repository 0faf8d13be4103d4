"""Dense vectors of items by row: the shop's own, and named ones."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Float64s, Int32s, summing_kernel
from app.engine.tables.arrays import Arrays, resized
from app.engine.tables.feature_vectors import Among
from app.engine.tables.profile import Profile

_START = "named."
_LAST = ".vectors"
_FIRST_SLOTS = 16


@summing_kernel
def own_product(
    vectors: Float32s, inverse: Float64s, owners: Int32s, profile: Float64s, scores: Float64s
) -> None:
    """Unit vectors times a profile, written to the rows that own them."""
    for slot in range(owners.size):
        dot = 0.0
        for dim in range(profile.size):
            dot += np.float64(vectors[slot, dim]) * profile[dim]
        scores[owners[slot]] = dot * inverse[slot]


@summing_kernel
def own_absolute_product(
    vectors: Float32s,
    inverse: Float64s,
    owners: Int32s,
    profile: Float64s,
    values: Float64s,
    scores: Float64s,
) -> None:
    """Sum of value * |unit vector . profile vector|, for profile vectors of shape (n, dims)."""
    for slot in range(owners.size):
        score = 0.0
        for at in range(values.size):
            dot = 0.0
            for dim in range(profile.shape[1]):
                dot += np.float64(vectors[slot, dim]) * profile[at, dim]
            score += values[at] * abs(dot)
        scores[owners[slot]] = score * inverse[slot]


def dense(vector: npt.ArrayLike) -> Float64s:
    """Return a vector as an array of shape (d,), or raise ValueError if it is none."""
    given = np.asarray(vector, dtype=np.float64)
    if given.ndim != 1 or given.size == 0 or not np.isfinite(given).all():
        raise ValueError("a feature vector is a non-empty list of finite numbers")
    return given


class OwnVectors:
    """Item row -> dense vector of one common dimension; its owner holds the lock.

    Stored as float32, scaled by a power of two (which keeps their digits), with 1 / length in
    float64. An item row has a slot in the block or -1; the last slot fills a hole at once.
    absolute : whether |cosine| is the similarity, or the cosine itself.
    """

    def __init__(self, *, absolute: bool = True) -> None:
        self.count = 0
        self._absolute = absolute
        self._signed = 0
        self._slots = np.empty(0, np.int32)
        self._reset(0)

    def _reset(self, size: int) -> None:
        self._vectors = np.zeros((_FIRST_SLOTS, size), np.float32)
        self._inverse = np.zeros(_FIRST_SLOTS)
        self._owners = np.zeros(_FIRST_SLOTS, np.int32)

    def dump(self, name: str) -> dict[str, npt.NDArray[Any]]:
        count = self.count
        return {
            f"{name}.vectors": self._vectors[:count],
            f"{name}.inverse": self._inverse[:count],
            f"{name}.owners": self._owners[:count],
            f"{name}.slots": self._slots,
        }

    def restore(self, name: str, arrays: Arrays) -> None:
        self._vectors, self._inverse = arrays[f"{name}.vectors"], arrays[f"{name}.inverse"]
        self._owners, self._slots = arrays[f"{name}.owners"], arrays[f"{name}.slots"]
        self.count = len(self._owners)
        self._signed = int((self._vectors < 0.0).any(axis=1).sum())

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
        arrays = (self._vectors, self._inverse, self._owners, self._slots)
        return sum(array.nbytes for array in arrays)

    def has(self, row: int) -> bool:
        return row < self._slots.size and bool(self._slots[row] >= 0)

    def pairs(self, row: int) -> tuple[tuple[int, float], ...]:
        """Return a row's vector as stored, as (~dimension, number) pairs; empty if it has none."""
        if not self.has(row):
            return ()
        return tuple((~dim, x) for dim, x in enumerate(self._vectors[self._slots[row]].tolist()))

    def stored(self, row: int) -> Float32s | None:
        """Copy a row's vector as stored, shape (size,); None if it has none."""
        return self._vectors[self._slots[row]].copy() if self.has(row) else None

    def present(self, n_items: int) -> npt.NDArray[np.bool_]:
        has = np.zeros(n_items, np.bool_)
        has[self._owners[: self.count]] = self._inverse[: self.count] > 0.0
        return has

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
        self._vectors = resized(self._vectors, slots)
        self._inverse = resized(self._inverse, slots)
        self._owners = resized(self._owners, slots)

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
        if self.count == 0:
            return
        slots = self._slots_of(profile.items)
        have = slots >= 0
        count, values = self.count, profile.values[have]
        block, inverse, owners = self._vectors[:count], self._inverse[:count], self._owners[:count]
        if values.size == 0:
            return
        units = self._units(slots[have])
        if self._absolute and self.signed:
            own_absolute_product(block, inverse, owners, units, values, scores)
        else:
            own_product(block, inverse, owners, values @ units, scores)

    def cosines(self, row: int, others: Int32s) -> Float64s:
        slots = self._slots_of(others)
        have = slots >= 0
        found = np.zeros(others.size)
        if self.has(row):
            one = self._units(self._slots[row : row + 1])[0]
            found[have] = self._units(slots[have]) @ one
        return np.abs(found) if self._absolute else found

    def among(self, rows: Int32s) -> Among:
        slots = self._slots_of(rows)
        units = np.zeros((rows.size, self.size))
        units[slots >= 0] = self._units(slots[slots >= 0])

        def cosines(at: int) -> Float64s:
            found: Float64s = units @ units[at]
            return np.abs(found) if self._absolute else found

        return Among(np.square(units).sum(axis=1) > 0.0, cosines)

    def _slots_of(self, rows: Int32s) -> Int32s:
        slots = np.full(rows.size, -1, np.int32)
        known = rows < self._slots.size
        slots[known] = self._slots[rows[known]]
        return slots

    def _units(self, slots: Int32s) -> Float64s:
        units: Float64s = self._vectors[slots] * self._inverse[slots, np.newaxis]
        return units


class NamedVectors:
    """Name -> space of dense vectors, each of a dimension of its own; its owner holds the lock.

    Two items of a space are as similar as the cosine of their vectors says, with its sign:
    opposite embeddings are no likeness, and so one product with the profile's sum is exact.
    A space lives as long as it has a vector.
    """

    def __init__(self) -> None:
        self.spaces: dict[str, OwnVectors] = {}

    @property
    def nbytes(self) -> int:
        return sum(space.nbytes for space in self.spaces.values())

    def put(self, row: int, vectors: Mapping[str, Float64s]) -> dict[str, str]:
        """Store the vectors of a row in place of all that it has.

        Those that have another length than others of their name are left out; returns why.
        """
        refused = {name: self._refusal(row, name, v.size) for name, v in vectors.items()}
        fitting = {name: v for name, v in vectors.items() if not refused[name]}
        for name in [n for n, space in self.spaces.items() if space.has(row)]:
            if name not in fitting or self.spaces[name].size != fitting[name].size:
                self._remove(row, name)
        for name, vector in fitting.items():
            if name not in self.spaces:
                self.spaces[name] = OwnVectors(absolute=False)
            self.spaces[name].put(row, vector)
        return {name: reason for name, reason in refused.items() if reason}

    def _refusal(self, row: int, name: str, size: int) -> str:
        space = self.spaces.get(name)
        if space is None or space.size == size or (space.count == 1 and space.has(row)):
            return ""
        return f"the vectors {name!r} of this catalogue have {space.size} numbers, not {size}"

    def remove(self, row: int) -> None:
        self.put(row, {})

    def of(self, row: int) -> dict[str, str]:
        """Return how long each vector of a row is, and a digest of what is stored."""
        found = {name: space.stored(row) for name, space in sorted(self.spaces.items())}
        return {name: _described(v) for name, v in found.items() if v is not None}

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        arrays: dict[str, npt.NDArray[Any]] = {}
        for name, space in self.spaces.items():
            arrays |= space.dump(f"{_START}{name}")
        return arrays

    def restore(self, arrays: Arrays) -> None:
        self.spaces = {}
        for key in arrays:
            if key.startswith(_START) and key.endswith(_LAST):
                space = OwnVectors(absolute=False)
                space.restore(key.removesuffix(_LAST), arrays)
                self.spaces[key.removeprefix(_START).removesuffix(_LAST)] = space

    def _remove(self, row: int, name: str) -> None:
        self.spaces[name].remove(row)
        if not self.spaces[name].count:
            del self.spaces[name]


def _described(vector: npt.NDArray[np.float32]) -> str:
    return f"{vector.size} numbers, {hashlib.blake2b(vector.tobytes(), digest_size=8).hexdigest()}"
