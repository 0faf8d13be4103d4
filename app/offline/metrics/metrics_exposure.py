"""Who gets shown: how evenly places are spread over items, and over tiers of popularity."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s, Int32s
from app.offline.metrics.ratios import ratio

HEAD, MIDDLE, TAIL = 0, 1, 2
_HEAD, _TAIL = 0.2, 0.8  # of all interactions, most popular items first


@dataclass(frozen=True)
class TierShares:
    """Shares of head, middle and tail, shape (3,), which sum to 1; NaN for shares of nothing."""

    items: Float64s
    interactions: Float64s
    exposure: Float64s


def exposure(ranked: Int32s, *, n_items: int) -> Float64s:
    """Return in how many lists each item stands, shape (n_items,)."""
    return np.bincount(ranked[ranked >= 0], minlength=n_items).astype(np.float64)


def gini(amounts: Float64s) -> float:
    """Return how unevenly amounts are spread: 0 evenly, towards 1 all with one; NaN for nothing."""
    total = amounts.sum()
    if not total:
        return float("nan")
    places = 2.0 * np.arange(1, amounts.size + 1) - amounts.size - 1.0
    return float((places * np.sort(amounts)).sum() / (amounts.size * total))


def tiers(popularity: Float64s) -> npt.NDArray[np.int8]:
    """Return the tier of each item, shape (n_items,): 0 head, 1 middle, 2 tail.

    Head: the most popular items that together make up a fifth of the interactions; tail: the least
    popular ones of the last fifth, and those without any (Abdollahpouri et al. 2021).
    """
    order = np.argsort(-popularity, kind="stable")
    before = np.cumsum(popularity[order]) - popularity[order]
    total = popularity.sum()
    found = np.full(popularity.size, MIDDLE, np.int8)
    found[order[before < _HEAD * total]] = HEAD
    found[order[(before >= _TAIL * total) | (popularity[order] == 0)]] = TAIL
    return found


def tier_shares(ranked: Int32s, popularity: Float64s) -> TierShares:
    """Hold what the tiers are shown against what they are of the catalogue and are taken."""
    tier = tiers(popularity)
    shown = exposure(ranked, n_items=popularity.size)
    return TierShares(*(_shares(tier, of) for of in (np.ones(tier.size), popularity, shown)))


def _shares(tier: npt.NDArray[np.int8], amounts: Float64s) -> Float64s:
    sums = np.bincount(tier, weights=amounts, minlength=3)
    return ratio(sums, np.full(3, amounts.sum()))
