"""The weighted mean of several ways to score items."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.engine.jit import Float64s


def scaled(scores: Float64s, *, best: float) -> Float64s:
    """Return scores / best, clipped to [0, 1]; all 0 where `best` is not above 0."""
    if not best > 0.0:
        return np.zeros(scores.size)
    return np.clip(scores if best == 1.0 else scores / best, 0.0, 1.0)


def summands(scores: Mapping[str, Float64s], weights: Mapping[Any, float]) -> dict[str, Float64s]:
    """Return weight * scores of each name, the weights of these names scaled to sum 1.

    scores : in [0, 1], equal shapes; so is then the sum of what is returned. Raises ValueError for
    a negative weight and for weights that are all 0.
    """
    total = sum(weights[name] for name in scores)
    if not (all(weights[name] >= 0.0 for name in scores) and 0.0 < total < np.inf):
        raise ValueError("weights must not be negative, and one must be above 0")
    return {name: own * (weights[name] / total) for name, own in scores.items()}
