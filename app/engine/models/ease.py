"""EASE: a linear model from all items to each, in closed form (Steck, 2019).

    B minimises  sum over users of  w_u |x_u - x_u B|^2  +  l2 |B|^2   with  diag(B) = 0
    P = (X' W X + l2 I)^-1,   B_ij = -P_ij / P_jj,   w_u = n_u ^ -damping

where x_u are the strengths (value ** power) of what user u likes, n_u items. A score is the
shopper's x times B: the sum of one row per item they like. Of a catalogue too large to invert, the
items that most users like are learned about; the others score 0 and say nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from app.engine.jit import Float32s, Float64s, Int32s, Int64s, kernel
from app.engine.models.model import Arrays, Interactions, Progress, demand, unheard
from app.engine.models.profile import liked, positive

_ROWS = 256
"""Of the Gram matrix between two notes of progress."""
_SAFE_BYTES = 1 << 31
"""OpenBLAS's threads crash in a Cholesky factorisation of more; one thread does not."""


@kernel
def add_gram_rows(
    by_item: tuple[Int32s, Int32s, Float64s],
    by_user: tuple[Int32s, Int32s, Float64s],
    weights: Float64s,
    first: int,
    gram: Float64s,
) -> None:
    """Add the items' inner products over users, weighted by user, to rows `first` and after.

    by_item, by_user : starts, index, value of the same matrix, compressed each way.
    gram : shape (rows, n_items), these rows alone.
    """
    starts, users, values = by_item
    user_starts, items, user_values = by_user
    for row in range(gram.shape[0]):
        sums = gram[row]
        for at in range(starts[first + row], starts[first + row + 1]):
            user = users[at]
            factor = values[at] * weights[user]
            for place in range(user_starts[user], user_starts[user + 1]):
                sums[items[place]] += factor * user_values[place]


@kernel
def weights_of(inverse: Float64s, weights: Float32s) -> None:
    """Write B = -P / diag(P), with 0 on the diagonal.

    inverse : P, of which the lower triangle is filled. weights : B, of equal shape.
    """
    n = inverse.shape[0]
    for i in range(n):
        for j in range(i):
            weights[i, j] = np.float32(-inverse[i, j] / inverse[j, j])
            weights[j, i] = np.float32(-inverse[i, j] / inverse[i, i])
        weights[i, i] = np.float32(0.0)


@dataclass(frozen=True)
class EaseParameters:
    l2: float = 600.0
    """Pulls weights towards 0; more for fewer users."""
    power: float = 0.0
    """Of the preference values; 0: whatever is liked counts the same."""
    damping: float = 0.0
    """Between 0 and 1: how much less each item of a shopper with many counts in the fit."""
    most: int = 20_000
    """Items to learn about; of more, those that most users like, of equal ones the first rows."""

    def __post_init__(self) -> None:
        demand(l2=0 < self.l2 < np.inf, power=self.power >= 0, damping=0 <= self.damping <= 1)
        demand(most=self.most >= 1)


@dataclass(frozen=True)
class Ease:
    kind: ClassVar[str] = "ease"
    weights: Float32s
    """B, shape (n, n): row i is what liking the i-th item learned about adds to their scores."""
    power: float
    columns: Int32s
    """The items learned about, shape (n,), ascending rows."""
    n_items: int
    """Of the catalogue it was fitted to."""

    def scores(
        self, items: Int32s, values: Float64s, *, weights: Float64s | None = None
    ) -> Float64s | None:
        rows, strengths = liked(items, values, self.power, weights)
        places, known = self._places(rows)
        if not known.any():
            return None
        sums = np.zeros(self.columns.size)
        for place, strength in zip(places[known].tolist(), strengths[known].tolist(), strict=True):
            sums += strength * self.weights[place]
        scores = np.zeros(self.n_items)
        scores[self.columns] = sums
        return scores

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        to, is_known = self._places(np.array([item], np.int32))
        if not is_known[0]:
            return np.empty(0)
        rows, strengths = liked(items, values, self.power, weights)
        places, known = self._places(rows)
        found = np.zeros(items.size)
        found[values > 0.0] = np.where(known, strengths * self.weights[places, to[0]], 0.0)
        return found

    def _places(self, rows: Int32s) -> tuple[Int64s, NDArray[np.bool_]]:
        """Return where items stand among those learned about, and whether they do."""
        places = np.searchsorted(self.columns, rows)
        places[places == self.columns.size] = 0
        return places, self.columns[places] == rows

    def arrays(self) -> Arrays:
        return {
            "weights": self.weights,
            "power": np.array(self.power),
            "columns": self.columns,
            "n_items": np.array(self.n_items),
        }

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        weights, columns = arrays["weights"], arrays["columns"]
        if weights.shape != (columns.size, columns.size):
            raise ValueError(f"{weights.shape} weights do not fit {columns.size} items")
        return cls(weights, float(arrays["power"]), columns, int(arrays["n_items"]))


def fit_ease(
    interactions: Interactions,
    *,
    parameters: EaseParameters | None = None,
    progress: Progress = unheard,
) -> Ease:
    """Fit to preferences of shape (n_users, n_items); values not above 0 do not count.

    Takes n^2 numbers of 8 bytes while it inverts, and as many of 4 for the result, where n is the
    number of items, or of the most to learn about.
    """
    parameters = parameters or EaseParameters()
    matrix = positive(interactions, parameters.power)
    columns = _most_liked(matrix, parameters.most)
    matrix = matrix[:, columns]
    steps = -(-columns.size // _ROWS)
    # inverting is one step, which takes about n / 1,000 times as long as all before it
    all_steps = steps + steps * max(1, columns.size // 1_000)
    gram = _gram(matrix, parameters.damping, lambda done: progress(done, all_steps))
    gram[np.diag_indices_from(gram)] += parameters.l2
    weights = _weights(gram)
    progress(all_steps, all_steps)
    return Ease(weights, parameters.power, columns, interactions.shape[1])


def _most_liked(matrix: Interactions, most: int) -> Int32s:
    """Return the items that most users like, as ascending rows."""
    users = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.sort(np.argsort(-users, kind="stable")[:most]).astype(np.int32)


def _gram(matrix: Interactions, damping: float, progress: Callable[[int], None]) -> Float64s:
    """Return X' W X, dense; progress hears how many blocks of rows are done."""
    n_items = matrix.shape[1]
    activity = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
    by_item, by_user = matrix.tocsc(), matrix
    gram = np.zeros((n_items, n_items))
    for step, first in enumerate(range(0, n_items, _ROWS)):
        add_gram_rows(
            (by_item.indptr, by_item.indices, by_item.data),
            (by_user.indptr, by_user.indices, by_user.data),
            activity**-damping,
            first,
            gram[first : first + _ROWS],
        )
        progress(step + 1)
    return gram


def _weights(gram: Float64s) -> Float32s:
    """Return the weights; the Gram matrix is overwritten."""
    weights = np.zeros(gram.shape, np.float32)
    if not gram.size:
        return weights
    inverse = _inverse(gram.T)  # the transposed is the same matrix, and LAPACK copies nothing
    weights_of(inverse.T, weights)
    return weights


def _inverse(matrix: Float64s) -> Float64s:
    """Return the upper half of the inverse, written over the matrix."""
    from scipy.linalg import lapack  # what serves does without
    from threadpoolctl import threadpool_limits

    threads = None if matrix.nbytes < _SAFE_BYTES else 1
    with threadpool_limits(threads, "blas"):
        factor, failed = lapack.dpotrf(matrix, lower=0, clean=0, overwrite_a=1)
        if failed:
            raise ValueError("the preferences are too uneven for this l2: raise it")
        inverse, _ = lapack.dpotri(factor, lower=0, overwrite_c=1)
    return np.asarray(inverse)
