"""The numba loops over ids in flat arrays."""

import numpy as np

from app.engine.jit import Bytes, Int32s, Int64s, UInt64s, kernel


@kernel
def fill_slots(hashes: UInt64s, numbers: Int32s, slots: Int32s) -> None:
    """Put each number into the first free slot from its hash on; -1 is a free slot.

    slots : shape (2^m,), more than there are numbers.
    """
    mask = np.uint64(slots.size - 1)
    for at in range(numbers.size):
        slot = np.int64(hashes[at] & mask)
        while slots[slot] >= 0:
            slot = (slot + 1) & np.int64(mask)
        slots[slot] = numbers[at]


@kernel
def sort_keys(data: Bytes, ends: Int64s, skip: int, keys: UInt64s) -> None:
    """Write the eight bytes of each text after the first `skip`, big endian, filled up with 0."""
    start = np.int64(0)
    for at in range(ends.size):
        key = np.uint64(0)
        for place in range(start + skip, start + skip + 8):
            byte = np.uint64(data[place]) if place < ends[at] else np.uint64(0)
            key = (key << np.uint64(8)) | byte
        keys[at] = key
        start = ends[at]
