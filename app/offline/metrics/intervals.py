"""How sure a mean over users is, and whether two ways of recommending differ.

scipy.stats has both (`bootstrap`, `permutation_test`), one column at a time. Here all metrics of
all variants go through the same draws in one matrix product; the tests hold the two together.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s

DRAWS, FLIPS = 2000, 9999
_CELLS = 1 << 22  # of a block of draws: 32 MB


def bootstrap_means(
    values: Float64s, *, seed: int, draws: int = DRAWS, level: float = 0.95
) -> tuple[Float64s, Float64s]:
    """Return the percentile interval of each column's mean over users, (n_columns,) low and high.

    values : shape (n_users, n_columns); a user is drawn with all columns; a NaN is left out of its
    column's mean (Efron 1979). NaN for a column without values.
    """
    filled, known = np.nan_to_num(values), (~np.isnan(values)).astype(np.float64)
    means = np.empty((draws, values.shape[1]))
    at = 0
    for counts in _resampled(len(values), draws, np.random.default_rng(seed)):
        sums, sizes = counts @ filled, counts @ known
        means[at : at + len(counts)] = ratio(sums, sizes)
        at += len(counts)
    return _quantiles(means, (1.0 - level) / 2.0)


def paired_p_values(differences: Float64s, *, seed: int, draws: int = FLIPS) -> Float64s:
    """Return two-sided p-values that each column's mean is 0, shape (n_columns,).

    The randomisation test for pairs (Fisher 1935; Smucker et al. 2007): were the variants alike,
    each user's difference might as well have the other sign. differences : shape
    (n_users, n_columns), NaN where one of the two has no value. The least p is 1 / (draws + 1).
    """
    filled = np.nan_to_num(differences)
    sums = np.abs(filled.sum(axis=0))
    # A sum of the same numbers in another order may differ in the last digits.
    least = sums - 1e-12 * np.abs(filled).sum(axis=0)
    reached = np.ones(differences.shape[1])
    for signs in _signs(len(differences), draws, np.random.default_rng(seed)):
        reached += (np.abs(signs @ filled) >= least).sum(axis=0)
    p_values: Float64s = reached / (draws + 1.0)
    return p_values


def holm(p_values: Float64s) -> Float64s:
    """Return p-values corrected for their number (Holm 1979), shape (n,); NaN is no test."""
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    corrected = np.full(p_values.size, np.nan)
    factors = np.arange(order.size, 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return corrected


def _resampled(n: int, draws: int, rng: np.random.Generator) -> Iterator[Float64s]:
    """Yield how often each user is in each draw, blocks of shape (some draws, n)."""
    for rows in _blocks(n, draws):
        drawn = rng.integers(0, n, (rows, n)) if n else np.empty((rows, 0), np.int64)
        drawn += np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _signs(n: int, draws: int, rng: np.random.Generator) -> Iterator[Float64s]:
    for rows in _blocks(n, draws):
        yield np.where(rng.integers(0, 2, (rows, n), dtype=np.int8), 1.0, -1.0)


def _blocks(n: int, draws: int) -> Iterator[int]:
    size = max(1, _CELLS // max(n, 1))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def _quantiles(means: Float64s, tail: float) -> tuple[Float64s, Float64s]:
    low, high = np.full((2, means.shape[1]), np.nan)
    known = ~np.isnan(means).all(axis=0)
    if known.any():
        low[known], high[known] = np.nanquantile(means[:, known], [tail, 1.0 - tail], axis=0)
    return low, high


def ratio(amounts: npt.NDArray[Any], of: npt.NDArray[Any]) -> Float64s:
    """Divide, NaN where `of` is 0.  Same shapes."""
    quotient: Float64s = np.divide(amounts, of, out=np.full(amounts.shape, np.nan), where=of != 0)
    return quotient
