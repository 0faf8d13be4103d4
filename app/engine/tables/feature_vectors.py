"""Vectors of items by row: encoded from the catalogue, brought along, and named ones."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from app.engine.jit import (
    Float32s,
    Float64s,
    Int32s,
    Int64s,
    kernel,
    short_kernel,
    summing_kernel,
)
from app.engine.tables.arrays import Arrays, resized
from app.engine.tables.profile import Profile
from app.engine.tables.row_table import RowTable
from app.engine.tables.table_kernels import Table

DIMENSIONS = 4096  # of encoded vectors; here, so that reading them does not load scikit-learn
_ENCODED = "encoded"  # in the names of arrays
_START = "named."
_LAST = ".vectors"
_NOTHING = np.empty(0, np.int32), np.empty(0, np.float32)
_FIRST_SLOTS = 16


@kernel
def encoded_profile(items: Table, rows: Int32s, values: Float64s, n_dims: int) -> Float64s:
    """Sum of value * unit vector over the rows; zero vectors add nothing."""
    index, value, span, totals, _ = items
    profile = np.zeros(n_dims)
    for at in range(rows.size):
        square = totals[rows[at], 0]
        weight = values[at] / np.sqrt(square) if square > 0.0 else 0.0
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            profile[index[place]] += weight * np.float64(value[place])
    return profile


@summing_kernel
def encoded_product(items: Table, n_items: int, profile: Float64s, scores: Float64s) -> None:
    """Unit vectors times a profile, written where the item has an encoded vector."""
    index, value, span, totals, _ = items
    for row in range(n_items):
        start, length = span[row, 0], span[row, 1]
        dims = index[start : start + length]
        weights = value[start : start + length]
        dot = 0.0
        for place in range(length):
            dot += profile[np.uint32(dims[place])] * np.float64(weights[place])
        scores[row] = dot
    for row in range(n_items):  # on its own, so that roots and quotients are vectorised
        square = totals[row, 0]
        scores[row] = scores[row] / np.sqrt(square) if square > 0.0 else 0.0


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


@short_kernel
def unit_rows(items: Table, rows: Int32s) -> tuple[Int64s, Int32s, Float64s]:
    """Copy unit vectors: where each ends (m,), dimensions and weights one after the other."""
    index, value, span, totals, _ = items
    ends = np.cumsum(span[rows, 1].astype(np.int64))
    size = ends[-1] if rows.size else 0
    dims, units = np.empty(size, np.int32), np.empty(size)
    end = 0
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        square = totals[rows[at], 0]
        scale = 1.0 / np.sqrt(square) if square > 0.0 else 0.0
        for place in range(length):
            dims[end] = index[start + place]
            units[end] = scale * np.float64(value[start + place])
            end += 1
    return ends, dims, units


@short_kernel
def unit_product(ends: Int64s, dims: Int32s, units: Float64s, at: int, n_dims: int) -> Float64s:
    """Product of the vector at one place of `unit_rows` with each of them, shape (m,)."""
    wanted = np.zeros(n_dims)
    for place in range(ends[at - 1] if at > 0 else 0, ends[at]):
        wanted[dims[place]] = units[place]
    products = np.zeros(ends.size)
    start = np.int64(0)
    for row in range(ends.size):
        for place in range(start, ends[row]):
            products[row] += wanted[dims[place]] * units[place]
        start = ends[row]
    return products


Flags = npt.NDArray[np.bool_]


class Among(NamedTuple):
    """The vectors of m items beside each other, copied."""

    present: Flags
    """Which have a vector that is not zero, shape (m,)."""
    cosines: Callable[[int], Float64s]
    """The similarity of the item at one place to each of them, shape (m,)."""


class Vectors(Protocol):
    """Vectors by item row, some rows without."""

    def present(self, n_items: int) -> Flags:
        """Tell which rows have a vector that is not zero, shape (n_items,)."""

    def add_scores(self, profile: Profile, scores: Float64s) -> None:
        """Write sum of value * similarity over the profile's items; shape (n_items,) of zeros."""

    def cosines(self, row: int, others: Int32s) -> Float64s:
        """Return the similarity of one row to each of the others, shape (n,)."""

    def among(self, rows: Int32s) -> Among:
        """Return the vectors of some rows."""


def checked(dims: Int32s, weights: Float32s) -> tuple[Int32s, Float32s]:
    """Return copies of a vector's parts, or raise ValueError if they are no encoded vector's."""
    dims, weights = np.array(dims, np.int32), np.array(weights, np.float32)
    if dims.size != weights.size:
        raise ValueError(f"{dims.size} dimensions do not go with {weights.size} weights")
    if dims.size and (int(dims.min()) < 0 or int(dims.max()) >= DIMENSIONS):
        raise ValueError(f"encoded dimensions lie between 0 and {DIMENSIONS - 1}")
    if not (np.isfinite(weights).all() and (weights >= 0.0).all()):
        raise ValueError("encoded weights must be finite and not negative")
    return dims, weights


class EncodedVectors:
    """Item row -> sparse vector without negative weights; its owner holds the lock."""

    def __init__(self) -> None:
        self._table = RowTable(squared=True)

    @property
    def nbytes(self) -> int:
        return self._table.nbytes

    def row(self, row: int) -> tuple[Int32s, Float32s]:
        """Copy a row's vector: dimensions and weights, both empty if it has none."""
        return self._table.row(row)

    def pairs(self, row: int) -> tuple[tuple[int, float], ...]:
        """Return a row's vector as (dimension, weight) pairs in order."""
        dims, weights = self._table.row(row)
        return tuple(sorted(zip(dims.tolist(), weights.tolist(), strict=True)))

    def put(self, row: int, dims: Int32s, weights: Float32s) -> None:
        self._table.set_row(row, dims, weights)

    def remove(self, row: int) -> None:
        self._table.set_row(row, *_NOTHING)

    def trim(self) -> None:
        self._table.trim()

    def present(self, n_items: int) -> npt.NDArray[np.bool_]:
        self._table.fit_rows(n_items)
        has: npt.NDArray[np.bool_] = self._table.totals[:n_items, 0] > 0.0
        return has

    def add_scores(self, profile: Profile, scores: Float64s) -> None:
        self._table.fit_rows(scores.size)
        table = self._table.arrays
        wanted = encoded_profile(table, profile.items, profile.values, DIMENSIONS)
        if len(self._table) and wanted.any():
            encoded_product(table, scores.size, wanted, scores)

    def cosines(self, row: int, others: Int32s) -> Float64s:
        self._table.fit_rows(max(row, int(others.max(initial=0))) + 1)
        one = np.array([row], np.int32)
        wanted = encoded_profile(self._table.arrays, one, np.ones(1), DIMENSIONS)
        dots = np.zeros(others.size)
        for at, other in enumerate(others.tolist()):
            dims, weights = self._table.row(other)
            square = float(self._table.totals[other, 0])
            dots[at] = wanted[dims] @ weights / np.sqrt(square) if square > 0.0 else 0.0
        return dots

    def among(self, rows: Int32s) -> Among:
        self._table.fit_rows(int(rows.max(initial=0)) + 1)
        ends, dims, units = unit_rows(self._table.arrays, rows)
        present = self._table.totals[rows, 0] > 0.0
        return Among(present, lambda at: unit_product(ends, dims, units, at, DIMENSIONS))

    def dump(self, n_items: int) -> dict[str, npt.NDArray[Any]]:
        self._table.fit_rows(n_items)  # readers will find nothing left to do
        return self._table.dump(_ENCODED)

    def restore(self, arrays: Arrays) -> None:
        self._table.restore(_ENCODED, arrays)


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
