"""What is one number for all lists of a variant: how broad, varied, new, and fair they are."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from app.domain.catalogue import Item
from app.engine.jit import Float64s, Int32s
from app.engine.tables.feature_kernels import DIMENSIONS
from app.offline.evaluation.results import Tier
from app.offline.metrics import metrics_beyond as beyond
from app.offline.metrics.metrics_exposure import exposure, gini, tier_shares

Lists = Int32s
"""Shape (n_lists, n), places in the catalogue."""


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


def beyond_accuracy(
    lists: Lists,
    *,
    relevant: Sequence[Int32s],
    profiles: Sequence[Int32s],
    personal: float,
    expected: Lists,
    popularity: Float64s,
    vectors: csr_matrix | None,
) -> dict[str, float | None]:
    """Return the figures by name; None where there is nothing to tell.

    expected : what the list of the most popular shows to the same shoppers.
    """
    n_items = popularity.size
    return {
        "item_coverage": _number(beyond.item_coverage(lists, n_items=n_items)),
        "user_coverage": _number(personal),
        "diversity": None if vectors is None else _mean(beyond.diversity(lists, vectors)),
        "novelty": _mean(beyond.novelty(lists, popularity)),
        "serendipity": _mean(beyond.serendipity(lists, relevant, expected)),
        "popularity_percentile": _mean(beyond.popularity_percentile(lists, popularity)),
        "popularity_lift": _mean(beyond.popularity_lift(lists, profiles, popularity)),
        "gini": _number(gini(exposure(lists, n_items=n_items))),
    }


def tiers_of(lists: Lists, popularity: Float64s) -> tuple[Tier, ...]:
    """Return what head, middle and tail of the catalogue are shown; nothing for empty lists."""
    shares = tier_shares(lists, popularity)
    if np.isnan([*shares.interactions, *shares.exposure]).any():
        return ()
    names = ("head", "middle", "tail")
    each = zip(names, shares.items, shares.interactions, shares.exposure, strict=True)
    return tuple(Tier(name, float(i), float(t), float(e)) for name, i, t, e in each)


def _mean(values: Float64s) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
