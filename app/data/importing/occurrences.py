"""How often the same came before, among millions, in twelve bytes and a spare place each."""

import numpy as np

from app.data.importing import kernels_occurrences as kernels
from app.engine.jit import Int32s, UInt64s

_FIRST = 1 << 14


class Occurrences:
    """Counts equal hashes. Two different things with one hash (64 bits) count as equal."""

    def __init__(self) -> None:
        self._hashes = np.zeros(_FIRST, np.uint64)
        self._counts = np.zeros(_FIRST, np.int32)
        self._used = 0

    def number(self, hashes: UInt64s) -> Int32s:
        """Return of each hash how many equal ones came before it, in this call and earlier."""
        self._make_room(hashes.size)
        numbers = np.empty(hashes.size, np.int32)
        self._used += kernels.number(hashes, self._hashes, self._counts, numbers)
        return numbers

    def _make_room(self, more: int) -> None:
        size = self._hashes.size
        while 3 * (self._used + more) > 2 * size:
            size *= 2
        if size > self._hashes.size:
            hashes, counts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
            kernels.move(self._hashes, self._counts, hashes, counts)
            self._hashes, self._counts = hashes, counts
