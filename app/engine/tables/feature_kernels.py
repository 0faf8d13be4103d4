"""The numba loops over feature vectors."""

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s, kernel, summing_kernel
from app.engine.tables.table_kernels import Table

DIMENSIONS = 4096  # of encoded vectors; here, so that reading them does not load scikit-learn


@kernel
def encoded_profile(items: Table, rows: Int32s, values: Float64s, n_dims: int) -> Float64s:
    """Sum of value * unit vector over the rows; zero vectors add nothing."""
    index, value, span, totals, _ = items
    profile = np.zeros(n_dims)
    for at in range(rows.size):
        square = totals[rows[at], 0]
        weight = values[at] / np.sqrt(square) if square > 0.0 else 0.0
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            profile[index[place]] += weight * np.float64(value[place])
    return profile


@summing_kernel
def encoded_product(items: Table, n_items: int, profile: Float64s, scores: Float64s) -> None:
    """Unit vectors times a profile, written where the item has an encoded vector."""
    index, value, span, totals, _ = items
    for row in range(n_items):
        start, length = span[row, 0], span[row, 1]
        dims = index[start : start + length]
        weights = value[start : start + length]
        dot = 0.0
        for place in range(length):
            dot += profile[np.uint32(dims[place])] * np.float64(weights[place])
        scores[row] = dot
    for row in range(n_items):  # on its own, so that roots and quotients are vectorised
        square = totals[row, 0]
        scores[row] = scores[row] / np.sqrt(square) if square > 0.0 else 0.0


@summing_kernel
def own_product(
    vectors: Float32s, inverse: Float64s, owners: Int32s, profile: Float64s, scores: Float64s
) -> None:
    """Unit vectors times a profile, written to the rows that own them."""
    for slot in range(owners.size):
        dot = 0.0
        for dim in range(profile.size):
            dot += np.float64(vectors[slot, dim]) * profile[dim]
        scores[owners[slot]] = dot * inverse[slot]


@summing_kernel
def own_absolute_product(
    vectors: Float32s,
    inverse: Float64s,
    owners: Int32s,
    profile: Float64s,
    values: Float64s,
    scores: Float64s,
) -> None:
    """Sum of value * |unit vector . profile vector|, for profile vectors of shape (n, dims)."""
    for slot in range(owners.size):
        score = 0.0
        for at in range(values.size):
            dot = 0.0
            for dim in range(profile.shape[1]):
                dot += np.float64(vectors[slot, dim]) * profile[at, dim]
            score += values[at] * abs(dot)
        scores[owners[slot]] = score * inverse[slot]
