"""Sparse vectors that were encoded from the catalogue's columns."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.tables import feature_kernels as kernels
from app.engine.tables.arrays import Arrays
from app.engine.tables.feature_kernels import DIMENSIONS
from app.engine.tables.profile import Profile
from app.engine.tables.row_table import RowTable

_NAME = "encoded"
_NOTHING = np.empty(0, np.int32), np.empty(0, np.float32)


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
        """Bytes held, slack included."""
        return self._table.nbytes

    def row(self, row: int) -> tuple[Int32s, Float32s]:
        """Copy a row's vector: dimensions and weights, both empty if it has none."""
        return self._table.row(row)

    def pairs(self, row: int) -> tuple[tuple[int, float], ...]:
        """Return a row's vector as (dimension, weight) pairs in order."""
        dims, weights = self._table.row(row)
        return tuple(sorted(zip(dims.tolist(), weights.tolist(), strict=True)))

    def put(self, row: int, dims: Int32s, weights: Float32s) -> None:
        """Store or replace a row's vector; see `Features.put_encoded`."""
        self._table.set_row(row, dims, weights)

    def remove(self, row: int) -> None:
        """Forget a row's vector."""
        self._table.set_row(row, *_NOTHING)

    def trim(self) -> None:
        """Give unused memory back."""
        self._table.trim()

    def present(self, n_items: int) -> npt.NDArray[np.bool_]:
        """Tell which rows have a vector that is not zero, shape (n_items,)."""
        self._table.fit_rows(n_items)
        has: npt.NDArray[np.bool_] = self._table.totals[:n_items, 0] > 0.0
        return has

    def add_scores(self, profile: Profile, scores: Float64s) -> None:
        """Write sum of value * cosine over the profile's items to every row."""
        self._table.fit_rows(scores.size)
        table = self._table.arrays
        wanted = kernels.encoded_profile(table, profile.items, profile.values, DIMENSIONS)
        if len(self._table) and wanted.any():
            kernels.encoded_product(table, scores.size, wanted, scores)

    def cosines(self, row: int, others: Int32s) -> Float64s:
        """Return the cosine of one row with each of the others, shape (n,)."""
        self._table.fit_rows(max(row, int(others.max(initial=0))) + 1)
        one = np.array([row], np.int32)
        wanted = kernels.encoded_profile(self._table.arrays, one, np.ones(1), DIMENSIONS)
        dots = np.zeros(others.size)
        for at, other in enumerate(others.tolist()):
            dims, weights = self._table.row(other)
            square = float(self._table.totals[other, 0])
            dots[at] = wanted[dims] @ weights / np.sqrt(square) if square > 0.0 else 0.0
        return dots

    def dump(self, n_items: int) -> dict[str, npt.NDArray[Any]]:
        """Return everything as plain arrays, for `restore`."""
        self._table.fit_rows(n_items)  # readers will find nothing left to do
        return self._table.dump(_NAME)

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays belong to this object from now on."""
        self._table.restore(_NAME, arrays)
