"""The numba loops that turn sums over common items into similarities with knobs."""

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel
from app.engine.tables.table_kernels import Table


@kernel
def weigh_products(
    sums: Float64s,
    counts: Float64s,
    users: Table,
    listed: Int32s,
    square: float,
    g: float,
    shrinkage: float,
    asymmetry: float,
) -> None:
    """Turn dot products into |x|^(-2 a) |y|^(2 a - 2) x.y n / (n + shrinkage), in place.

    `square` is |x|^2; counts : items in common, looked at and cleared where there is a shrinkage.
    """
    totals = users[3]
    for at in range(listed.size):
        user = listed[at]
        y_square = g * g * totals[user, 0] + totals[user, 1]
        product = sums[user]
        if product <= 0.0:
            sums[user] = 0.0
        elif asymmetry == 0.5:
            sums[user] = product / np.sqrt(square * y_square)
        else:
            sums[user] = product / (square**asymmetry * y_square ** (1.0 - asymmetry))
        if shrinkage > 0.0:
            sums[user] *= counts[user] / (counts[user] + shrinkage)
            counts[user] = 0.0


@kernel
def overlaps(sums: Float64s, users: Table, listed: Int32s, size: int, shrinkage: float) -> None:
    """Turn counts of common items into |both| / |either| in place, times n / (n + shrinkage)."""
    span = users[2]
    for at in range(listed.size):
        user = listed[at]
        common = sums[user]
        overlap = common / (size + span[user, 1] - common)
        sums[user] = overlap * (common / (common + shrinkage))
