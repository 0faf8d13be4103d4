"""Implicit alternating least squares: factors of items that a shopper is solved against, live.

    L = sum over liked (u, i) of  c_ui (1 - w_u h_i)^2  +  a sum over all (u, i) of (w_u h_i)^2
      + l sum over u of (n_u + a n_items)^e |w_u|^2  +  l sum over i of (n_i + a n_users)^e |h_i|^2

after Hu, Koren and Volinsky (2008), with the regularisation by frequency of Rendle and others
(2021). c_ui = value ** power; a: `unobserved`, l: `regularisation`, e: `exponent`. Only the h_i
are kept. A shopper's w_u is the exact solution for what they like now,

    A w_u = sum of c_j h_j,   A = sum of c_j h_j h_j'  +  a H' H  +  l (n_u + a n_items)^e I

so whoever rated a moment ago is answered as if they had been in the fit. The share of their item j
in the score of i is c_j h_i' A^-1 h_j; shares sum to the score.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import ClassVar, Self

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.models.model import Arrays, Interactions, Progress, demand, unheard
from app.engine.models.profile import liked, positive

_ROWS = 256
"""Users or items between two notes of progress."""


@dataclass(frozen=True)
class AlsParameters:
    dimensions: int = 192
    epochs: int = 12
    regularisation: float = 0.007
    unobserved: float = 0.3
    """What a pair counts that nobody observed; one that is liked counts 1 more."""
    exponent: float = 1.0
    """Between 0 and 1: by how much more frequent rows are drawn towards 0 more."""
    power: float = 0.0
    """Of the preference values; 0: whatever is liked counts the same."""
    seed: int = 0

    def __post_init__(self) -> None:
        demand(
            dimensions=self.dimensions >= 1,
            epochs=self.epochs >= 1,
            regularisation=0 < self.regularisation < np.inf,
            unobserved=0 <= self.unobserved < np.inf,
            exponent=0 <= self.exponent <= 1,
            power=self.power >= 0,
            seed=self.seed >= 0,
        )


@dataclass(frozen=True)
class Als:
    """The factors of the items, and what it takes to solve a shopper against them."""

    kind: ClassVar[str] = "als"
    factors: Float32s
    """H, shape (n_items, dimensions)."""
    regularisation: float
    unobserved: float
    exponent: float
    power: float

    @property
    def n_items(self) -> int:
        return int(self.factors.shape[0])

    @cached_property
    def _everything(self) -> Float64s:
        """a H' H, shape (dimensions, dimensions)."""
        wide = self.factors.astype(np.float64)
        return np.asarray(self.unobserved * (wide.T @ wide))

    def scores(
        self, items: Int32s, values: Float64s, *, weights: Float64s | None = None
    ) -> Float64s | None:
        rows, strengths = liked(items, values, self.power, weights)
        if not rows.size:
            return None
        system, wanted = self._system(rows, strengths)
        shopper = np.linalg.solve(system, wanted)
        return np.asarray(self.factors @ shopper.astype(np.float32), np.float64)

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        found = np.zeros(items.size)
        rows, strengths = liked(items, values, self.power, weights)
        if rows.size:
            system, _ = self._system(rows, strengths)
            drawn = np.linalg.solve(system, self.factors[item].astype(np.float64))
            found[values > 0.0] = strengths * (self.factors[rows] @ drawn)
        return found

    def _system(self, rows: Int32s, strengths: Float64s) -> tuple[Float64s, Float64s]:
        """Return A and its right-hand side for a shopper."""
        own = self.factors[rows].astype(np.float64)
        system = self._everything + own.T @ (own * strengths[:, None])
        pull = self.regularisation * (rows.size + self.unobserved * self.n_items) ** self.exponent
        system[np.diag_indices_from(system)] += pull
        return system, strengths @ own

    def arrays(self) -> Arrays:
        numbers = (self.regularisation, self.unobserved, self.exponent, self.power)
        return {"factors": self.factors, "numbers": np.array(numbers)}

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        return cls(arrays["factors"], *map(float, arrays["numbers"]))


def fit_als(
    interactions: Interactions,
    *,
    parameters: AlsParameters | None = None,
    progress: Progress = unheard,
) -> Als:
    """Fit to preferences of shape (n_users, n_items); values not above 0 do not count."""
    chosen = parameters or AlsParameters()
    by_user = positive(interactions, chosen.power).astype(np.float32)
    by_item = by_user.T.tocsr()
    random = np.random.default_rng(chosen.seed)
    spread = 0.1 / np.sqrt(chosen.dimensions)
    shape = (by_item.shape[0], chosen.dimensions)
    items = (random.standard_normal(shape) * spread).astype(np.float32)
    users = np.zeros((by_user.shape[0], chosen.dimensions), np.float32)
    steps = -(-users.shape[0] // _ROWS) + -(-items.shape[0] // _ROWS)
    done = count(1)

    def step() -> None:
        progress(next(done), steps * chosen.epochs)

    for _ in range(chosen.epochs):
        _solve(by_user, items, users, chosen, step)
        _solve(by_item, users, items, chosen, step)
    return Als(items, chosen.regularisation, chosen.unobserved, chosen.exponent, chosen.power)


def _solve(
    liked_by: Interactions,
    fixed: Float32s,
    solved: Float32s,
    chosen: AlsParameters,
    step: Callable[[], None],
) -> None:
    """Write the best rows of one side, those of the other side being fixed."""
    base = chosen.unobserved * (fixed.T @ fixed)
    starts, counts = liked_by.indptr.tolist(), np.diff(liked_by.indptr)
    pulls = chosen.regularisation * (counts + chosen.unobserved * len(fixed)) ** chosen.exponent
    for row in range(len(solved)):
        near = slice(starts[row], starts[row + 1])
        solved[row] = _solved(
            fixed[liked_by.indices[near]], liked_by.data[near], base, float(pulls[row])
        )
        if row % _ROWS == 0:
            step()


def _solved(others: Float32s, strengths: Float32s, base: Float32s, pull: float) -> Float32s:
    """Return one row: Cholesky in single precision is exact enough for systems so regularised."""
    if not strengths.size:
        return np.zeros(base.shape[0], np.float32)
    from scipy.linalg import lapack  # what serves does without

    system = others.T @ (others * strengths[:, None])
    system += base
    system.flat[:: base.shape[0] + 1] += np.float32(pull)
    _, row, failed = lapack.sposv(system, strengths @ others, overwrite_a=1)
    if failed:
        raise ValueError("the preferences are too uneven for this regularisation: raise it")
    return np.asarray(row)
