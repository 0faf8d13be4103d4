"""The compiler of every numba loop of the engine, and the array types they exchange.

numba's cache on disk only watches the file that defines a kernel. So a kernel calls no kernel and
reads no constant of another file: an edit there would leave the old code compiled into it.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Events = Any
"""A structured array of `event_record.EVENT`; mypy knows no fields of those."""

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a loop that reads for a request; other threads run meanwhile."""
    return cast(F, numba.njit(nogil=True, cache=True, error_model="numpy")(function))


def short_kernel(function: F) -> F:
    """Compile a loop of a microsecond or two.

    It keeps the interpreter lock: giving it away costs a wait of up to one switch interval (5 ms)
    to get it back, a thousand times the work, with the table's lock held.
    """
    return cast(F, numba.njit(cache=True, error_model="numpy")(function))


def summing_kernel(function: F) -> F:
    """Compile a sum whose terms may be added in any order, so that it vectorises."""
    options = {"reassoc", "contract"}
    compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=options)
    return cast(F, compiled(function))
