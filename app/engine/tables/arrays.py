"""Plain arrays: growth in place, slices under a lock, texts end to end."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Int64s

A = TypeVar("A", bound=npt.NDArray[Any])


def resized(array: A, rows: int) -> A:
    """Lengthen or shorten along the first axis, without a copy where there is room.

    What the array owns is remapped by the allocator. What it does not own is a mapped file, which
    has room behind every array (see `repositories.files`); only where that is used up is it copied.
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


Arrays = Mapping[str, npt.NDArray[Any]]
"""A table as plain arrays, by name.

Some of what a table's `dump` returns is live: nothing may be changed until it is written. Its
`restore` takes the arrays, which may be a mapped file, over ids that were restored before it.
"""


def in_slices(lock: threading.RLock, size: int, at_once: int) -> Iterator[slice]:
    """Go through `size` rows with the lock held for `at_once` of them at a time.

    Others have the lock in between: choose `at_once` so that it is held for about a millisecond.
    The lock is let go when the loop is left, by an exception too.
    """
    for start in range(0, size, at_once):
        with lock:
            yield slice(start, min(start + at_once, size))


class Texts:
    """UTF-8 texts by number, end to end in one array, so that a mapped file can hold them.

    data : uint8, all of them; ends : int64, shape (n,), where each ends. An empty one is allowed.
    """

    def __init__(self, data: Bytes, ends: Int64s) -> None:
        self.data, self.ends = data, ends
        self._data, self._ends = data.data, ends.data  # faster at single places

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    @classmethod
    def named(cls, name: str, arrays: Arrays) -> "Texts":
        return cls(arrays[f"{name}.data"], arrays[f"{name}.ends"])

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        return {f"{name}.data": self.data, f"{name}.ends": self.ends}

    def __len__(self) -> int:
        return self.ends.size

    def __getitem__(self, number: int) -> str:
        return str(self.raw(number), "utf-8", "surrogatepass")

    def raw(self, number: int) -> memoryview:
        start = self._ends[number - 1] if number else 0
        return self._data[start : self._ends[number]]
