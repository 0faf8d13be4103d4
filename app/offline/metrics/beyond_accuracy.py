"""What lists are like besides being right: broad, varied, new, surprising, fond of the popular.

`ranked` is always of shape (n_users, n), item codes, best first, -1 where the list ended.
Definitions and their sources: docs/metrics.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.stats import rankdata
from sklearn.preprocessing import normalize

from app.domain.catalogue import Item
from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.tables.feature_vectors import DIMENSIONS
from app.offline.metrics.intervals import ratio

HEAD, MIDDLE, TAIL = 0, 1, 2
_USERS_AT_ONCE = 4096
_HEAD, _TAIL = 0.2, 0.8  # of all interactions, most popular items first


@dataclass(frozen=True)
class TierShares:
    """Shares of head, middle and tail, shape (3,), which sum to 1; NaN for shares of nothing."""

    items: Float64s
    interactions: Float64s
    exposure: Float64s


def beyond_accuracy(
    lists: Int32s,
    *,
    relevant: Sequence[Int32s],
    profiles: Sequence[Int32s],
    personal: float,
    expected: Int32s,
    popularity: Float64s,
    vectors: csr_matrix | None,
) -> dict[str, float | None]:
    """Return the figures by name; None where there is nothing to tell.

    expected : what the list of the most popular shows to the same shoppers.
    """
    n_items = popularity.size
    return {
        "item_coverage": _number(item_coverage(lists, n_items=n_items)),
        "user_coverage": _number(personal),
        "diversity": None if vectors is None else _mean(diversity(lists, vectors)),
        "novelty": _mean(novelty(lists, popularity)),
        "serendipity": _mean(serendipity(lists, relevant, expected)),
        "popularity_percentile": _mean(popularity_percentile(lists, popularity)),
        "popularity_lift": _mean(popularity_lift(lists, profiles, popularity)),
        "gini": _number(gini(exposure(lists, n_items=n_items))),
    }


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


def item_coverage(ranked: Int32s, *, n_items: int) -> float:
    """Return the share of the catalogue that stands in any list (Ge et al. 2010)."""
    return np.unique(ranked[ranked >= 0]).size / n_items if n_items else np.nan


def diversity(ranked: Int32s, vectors: csr_matrix) -> Float64s:
    """Return 1 - the mean cosine of all pairs in the list (Smyth and McClave 2001), (n_users,).

    vectors : shape (n_items, n_features); a row of zeros is similar to nothing.
    A list of less than two items has NaN.
    """
    unit = normalize(vectors)
    lengths = (ranked >= 0).sum(axis=1)
    inside = np.empty(len(ranked))
    for start in range(0, len(ranked), _USERS_AT_ONCE):
        lists = _incidence(ranked[start : start + _USERS_AT_ONCE], unit.shape[0])
        # |sum of v|^2 holds every pair twice and every item with itself.
        own = lists @ np.asarray(unit.multiply(unit).sum(axis=1)).ravel()
        sums = lists @ unit
        inside[start : start + _USERS_AT_ONCE] = (
            np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - own
        )
    pairs = lengths * (lengths - 1.0)
    return 1.0 - ratio(inside, pairs)


def novelty(ranked: Int32s, popularity: Float64s) -> Float64s:
    """Return the mean of -log2(share of all interactions) over the list (Zhou 2010), (n_users,).

    popularity : shape (n_items,), interactions of the training part; none counts as one, for an
    item that nobody took would be infinitely new.
    """
    share = np.maximum(popularity, 1.0) / max(popularity.sum(), 1.0)
    return _mean_of(ranked, -np.log2(share))


def serendipity(ranked: Int32s, relevant: Sequence[Int32s], expected: Int32s) -> Float64s:
    """Return the share of places that are right and not expected (Ge et al. 2010), (n_users,).

    expected : shape (n_users, m), what the list of the most popular shows. Users with nothing to
    find have NaN.
    """
    places = ranked >= 0
    right = _among(
        ranked,
        np.repeat(np.arange(len(ranked)), [len(wanted) for wanted in relevant]),
        np.concatenate([*relevant, np.empty(0, np.int32)]),
    )
    known = _among(ranked, np.repeat(np.arange(len(expected)), expected.shape[1]), expected.ravel())
    share: Float64s = (places & right & ~known).mean(axis=1)
    share[[user for user, wanted in enumerate(relevant) if not len(wanted)]] = np.nan
    return share


def popularity_percentile(ranked: Int32s, popularity: Float64s) -> Float64s:
    """Return how popular the list is on average, (n_users,): 1 the most popular item, 0 the least.

    Equally popular items share the mean of their places.
    """
    ranks = rankdata(popularity) - 1.0
    return _mean_of(ranked, ranks / max(popularity.size - 1, 1))


def popularity_lift(ranked: Int32s, profiles: Sequence[Int32s], popularity: Float64s) -> Float64s:
    """Return mean popularity in the list over that in the shopper's own profile, minus 1.

    (Abdollahpouri et al. 2019.) 0: as mainstream as the shopper; 1: twice as popular. NaN for an
    empty list or profile. profiles : the item codes of the training part, one array a user.
    """
    own = np.array([popularity[items].mean() if len(items) else np.nan for items in profiles])
    shown = _mean_of(ranked, popularity)
    return ratio(shown, own) - 1.0


def _mean_of(ranked: Int32s, by_item: Float64s) -> Float64s:
    shown = ranked >= 0
    sums = np.where(shown, by_item[np.where(shown, ranked, 0)], 0.0).sum(axis=1)
    lengths = shown.sum(axis=1)
    return ratio(sums, lengths)


def _among(ranked: Int32s, users: Int64s, items: Int32s) -> npt.NDArray[np.bool_]:
    mine = np.arange(len(ranked), dtype=np.int64)[:, None] << 32 | ranked
    return np.isin(mine, users.astype(np.int64) << 32 | items)


def _incidence(ranked: Int32s, n_items: int) -> csr_matrix:
    users, places = np.nonzero(ranked >= 0)
    ones = np.ones(users.size)
    shape = (len(ranked), n_items)
    return cast(csr_matrix, csr_matrix((ones, (users, ranked[users, places])), shape=shape))


def vectors_of(items: Sequence[Item]) -> csr_matrix | None:
    """Return the items' encoded features, a row each; None where no item has any."""
    dims, weights, ends = [np.empty(0, np.int32)], [np.empty(0, np.float32)], [0]
    for item in items:
        if item.encoding is not None:
            dims.append(np.frombuffer(item.encoding.dims, "<i4"))
            weights.append(np.frombuffer(item.encoding.weights, "<f4"))
        ends.append(ends[-1] + (dims[-1].size if item.encoding is not None else 0))
    if not ends[-1]:
        return None
    values = np.concatenate(weights).astype(np.float64)
    return csr_matrix((values, np.concatenate(dims), ends), shape=(len(items), DIMENSIONS))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _mean(values: Float64s) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
