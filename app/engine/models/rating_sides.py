"""The two sides of the rating model while it is fitted: users, and items."""

from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.models import rating_prediction_kernels as kernels

_START = 0.1  # how far the first factors lie from 0


class Prior(NamedTuple):
    """Where the vectors of one side come from: independent normals, shapes (d,)."""

    means: Float64s
    precisions: Float64s


class Side:
    """The vectors of one side. Column `constant` is 1 in all: there the other side has its bias."""

    def __init__(
        self,
        rows: Int32s,
        columns: Int32s,
        shape: tuple[int, int],
        dimensions: int,
        constant: int,
        rng: np.random.Generator,
    ) -> None:
        n_rows, n_columns = shape
        self._ratings = _by_row(rows, columns, n_rows)
        self._theirs = _by_row(columns, rows, n_columns)
        self._shares = 1.0 / np.sqrt(np.maximum(np.diff(self._ratings[0]), 1))
        size = dimensions + 1
        self._free = np.delete(np.arange(size + 1), constant)
        self._own = np.zeros((n_rows, size))
        self._own[:, 1:] = _START * rng.standard_normal((n_rows, dimensions))
        self.implied = np.zeros((n_columns, size))
        self._grams = np.zeros((n_rows, size, size))
        self._pulls = np.zeros((n_rows, size))
        self.vectors = self.placed(self._own)

    def placed(self, free: Float64s) -> Float64s:
        """Return vectors with the constant column put in, shape (n, d + 1) from (n, d) or (d,)."""
        rows = np.atleast_2d(free)
        vectors = np.ones((len(rows), rows.shape[1] + 1))
        vectors[:, self._free] = rows
        return vectors

    def sweep(
        self, residuals: Float64s, other: "Side", confidence: Float64s, rng: np.random.Generator
    ) -> Prior:
        """Draw all vectors of this side anew, given the other; return the prior drawn for them."""
        theirs = np.ascontiguousarray(other.vectors[:, self._free])
        whole = np.ascontiguousarray(self.vectors[:, self._free])
        kernels.sum_up(self._ratings, residuals, theirs, self._grams, self._pulls)
        prior = drawn_prior(self._own, rng)
        noise = rng.standard_normal(self._own.shape)
        kernels.draw_own(self._grams, self._pulls, self._own, whole, *prior, confidence, noise)
        precisions = drawn_precisions(np.square(self.implied).sum(axis=0), len(self.implied), rng)
        noise = rng.standard_normal(self.implied.shape)
        kernels.draw_implied(
            self._theirs,
            self._shares,
            self._grams,
            self._pulls,
            self.implied,
            whole,
            precisions,
            confidence,
            noise,
        )
        self.vectors[:, self._free] = whole
        return prior


def drawn_prior(vectors: Float64s, rng: np.random.Generator) -> Prior:
    """Draw means and precisions given the vectors; before them, one imagined vector at 0."""
    n = len(vectors)
    means = vectors.sum(axis=0) / (n + 1)
    squares = np.square(vectors).sum(axis=0) - (n + 1) * np.square(means)
    precisions = drawn_precisions(squares, n, rng)
    return Prior(
        means + rng.standard_normal(means.size) / np.sqrt((n + 1) * precisions), precisions
    )


def drawn_precisions(squares: Float64s, n: int, rng: np.random.Generator) -> Float64s:
    """Draw precisions given sums of n squares, from a gamma prior of shape and rate 1."""
    precisions: Float64s = rng.gamma(1.0 + n / 2.0, 1.0 / (1.0 + squares / 2.0))
    return precisions


def _by_row(rows: Int32s, columns: Int32s, n_rows: int) -> kernels.Ratings:
    order = np.argsort(rows, kind="stable")
    starts = np.searchsorted(rows[order], np.arange(n_rows + 1))
    return starts.astype(np.int64), columns[order].astype(np.int32), order.astype(np.int64)
