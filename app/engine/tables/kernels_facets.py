"""The numba loop that filters need."""

import numpy as np

from app.engine.jit import Bytes, Float64s, kernel


@kernel
def keep_between(numbers: Float64s, low: float, high: float, mask: Bytes) -> None:
    """Set a mask to 0 where a number is not from `low` to `high`, or is NaN; both of one size."""
    for row in range(mask.size):
        mask[row] &= np.uint8((numbers[row] >= low) & (numbers[row] <= high))
