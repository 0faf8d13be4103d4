"""Arrays that grow where they are."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

A = TypeVar("A", bound=npt.NDArray[Any])


def resized(array: A, rows: int) -> A:
    """Lengthen or shorten along the first axis, without a copy where there is room.

    What the array owns is remapped by the allocator. What it does not own is a mapped file, which
    has room behind every array (see `snapshot_files`); only where that is used up is it copied.
    New rows are zero the first time. No view of the array may be kept: it may move.
    """
    if array.flags.owndata:
        array.resize((rows, *array.shape[1:]), refcheck=False)
        return array
    whole = array.base
    if _has_room(whole, array, rows):
        return whole[:rows]  # type: ignore[index,return-value]  # an array, see `_has_room`
    larger = np.zeros((rows, *array.shape[1:]), array.dtype)
    kept = min(rows, len(array))
    larger[:kept] = array[:kept]
    return larger  # type: ignore[return-value]  # of the same kind as `array`


def _has_room(whole: object, array: npt.NDArray[Any], rows: int) -> bool:
    return (
        isinstance(whole, np.ndarray)
        and whole.dtype == array.dtype
        and whole.shape[1:] == array.shape[1:]
        and len(whole) >= rows
        and whole.ctypes.data == array.ctypes.data
    )
