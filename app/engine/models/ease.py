"""EASE: a linear model from all items to each, in closed form (Steck, 2019).

    B minimises  sum over users of  w_u |x_u - x_u B|^2  +  l2 |B|^2   with  diag(B) = 0
    P = (X' W X + l2 I)^-1,   B_ij = -P_ij / P_jj,   w_u = n_u ^ -damping

where x_u are the strengths (value ** power) of what user u likes, n_u items. A score is the
shopper's x times B: the sum of one row per item they like.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.models import kernels_ease as kernels
from app.engine.models.model import UNKNOWN_USER, Arrays, Progress, demand, unheard
from app.engine.models.profile import liked, positive

_ROWS = 256
"""Of the Gram matrix between two notes of progress."""


@dataclass(frozen=True)
class EaseParameters:
    """How EASE is fitted."""

    l2: float = 600.0
    """Pulls weights towards 0; more for fewer users."""
    power: float = 0.0
    """Of the preference values; 0: whatever is liked counts the same."""
    damping: float = 0.0
    """Between 0 and 1: how much less each item of a shopper with many counts in the fit."""

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted."""
        demand(l2=0 < self.l2 < np.inf, power=self.power >= 0, damping=0 <= self.damping <= 1)


@dataclass(frozen=True)
class Ease:
    """The weights from item to item."""

    kind: ClassVar[str] = "ease"
    weights: Float32s
    """B, shape (n_items, n_items): row i is what liking i adds to every score."""
    power: float

    @property
    def n_items(self) -> int:
        """How many items it has learned about."""
        return int(self.weights.shape[0])

    def scores(
        self,
        items: Int32s,
        values: Float64s,
        user: int = UNKNOWN_USER,
        *,
        weights: Float64s | None = None,
    ) -> Float64s | None:
        """Add up the rows of what is liked; None if nothing is.

        weights : how much each item counts now (`profile.recency`)."""
        rows, strengths = liked(items, values, self.power, weights)
        if not rows.size:
            return None
        scores = np.zeros(self.n_items)
        for row, strength in zip(rows.tolist(), strengths.tolist(), strict=True):
            scores += strength * self.weights[row]
        return scores

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        """Return each item's summand of one score."""
        found = np.zeros(items.size)
        rows, strengths = liked(items, values, self.power, weights)
        found[values > 0.0] = strengths * self.weights[rows, item]
        return found

    def arrays(self) -> Arrays:
        """Return the weights and the power."""
        return {"weights": self.weights, "power": np.array(self.power)}

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return the model these arrays were taken from."""
        return cls(arrays["weights"], float(arrays["power"]))


def fit_ease(
    interactions: csr_matrix,
    *,
    parameters: EaseParameters | None = None,
    progress: Progress = unheard,
) -> Ease:
    """Fit to preferences of shape (n_users, n_items); values not above 0 do not count.

    Takes n_items^2 numbers of 8 bytes while it inverts, and as many of 4 for the result.
    """
    parameters = parameters or EaseParameters()
    steps = -(-interactions.shape[1] // _ROWS)
    matrix = positive(interactions, parameters.power)
    gram = _gram(matrix, parameters.damping, lambda done: progress(done, steps + 1))
    gram[np.diag_indices_from(gram)] += parameters.l2
    weights = _weights(gram)
    progress(steps + 1, steps + 1)
    return Ease(weights, parameters.power)


def _gram(matrix: csr_matrix, damping: float, progress: Callable[[int], None]) -> Float64s:
    """Return X' W X, dense; progress hears how many blocks of rows are done."""
    n_items = matrix.shape[1]
    activity = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
    by_item, by_user = matrix.tocsc(), matrix
    gram = np.zeros((n_items, n_items))
    for step, first in enumerate(range(0, n_items, _ROWS)):
        kernels.add_gram_rows(
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
    factor, failed = lapack.dpotrf(gram.T, lower=0, clean=0, overwrite_a=1)  # gram.T: no copy
    if failed:
        raise ValueError("the preferences are too uneven for this l2: raise it")
    inverse, _ = lapack.dpotri(factor, lower=0, overwrite_c=1)
    kernels.weights_of(inverse.T, weights)
    return weights
