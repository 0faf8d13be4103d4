"""Feature vectors of items by row: what all kinds offer, and those encoded from the catalogue."""

from collections.abc import Callable
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
from app.engine.tables.arrays import Arrays
from app.engine.tables.profile import Profile
from app.engine.tables.row_table import RowTable
from app.engine.tables.table_kernels import Table

DIMENSIONS = 4096  # of encoded vectors; here, so that reading them does not load scikit-learn
_ENCODED = "encoded"  # in the names of arrays
_NOTHING = np.empty(0, np.int32), np.empty(0, np.float32)


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
