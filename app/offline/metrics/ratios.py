"""Means of nothing are NaN, without a warning."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s


def ratio(amounts: npt.NDArray[Any], of: npt.NDArray[Any]) -> Float64s:
    """Divide, NaN where `of` is 0.  Same shapes."""
    quotient: Float64s = np.divide(amounts, of, out=np.full(amounts.shape, np.nan), where=of != 0)
    return quotient
