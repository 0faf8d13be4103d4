"""The numba loops that correlate one profile with every user, in two passes over the postings."""

import numpy as np

from app.engine.jit import Float64s, Int32s, kernel
from app.engine.tables.table_kernels import Table

_FLAT = 1e-14  # a variance below this share of the squared mean is rounding noise


@kernel
def scan_means(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add count, x and y of every co-rated item to columns 0 to 2 of every user."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            entry = index[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user, 0] += 1.0
            sums[user, 1] += values[at]
            sums[user, 2] += (g if entry >= 0 else 1.0) * np.float64(value[place])


@kernel
def scan_deviations(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add dx dy, dx^2 and dy^2 about the means to columns 3 to 5: two passes lose no digits."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            entry = index[place]
            user = np.uint32(entry ^ (entry >> 31))
            count = sums[user, 0]
            dx = values[at] - sums[user, 1] / count
            y = (g if entry >= 0 else 1.0) * np.float64(value[place])
            dy = y - sums[user, 2] / count
            sums[user, 3] += dx * dy
            sums[user, 4] += dx * dx
            sums[user, 5] += dy * dy


@kernel
def correlations(moments: Float64s, listed: Int32s, shrinkage: float, sums: Float64s) -> None:
    """Turn the moments into Pearson correlations, written to `sums`, and clear the moments.

    Of n common items, a correlation is multiplied by n / (n + shrinkage).

    0 for fewer than two common items, and where a variance is nothing but rounding noise.
    """
    for at in range(listed.size):
        user = listed[at]
        count, x, y = moments[user, 0], moments[user, 1], moments[user, 2]
        xy, xx, yy = moments[user, 3], moments[user, 4], moments[user, 5]
        moments[user, :] = 0.0
        varies = count > 1.0 and xx * count > _FLAT * x * x and yy * count > _FLAT * y * y
        shrunk = count / (count + shrinkage)
        sums[user] = xy / np.sqrt(xx * yy) * shrunk if varies and xy > 0.0 else 0.0
