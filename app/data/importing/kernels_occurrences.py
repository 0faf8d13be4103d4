"""The numba loops that count equal hashes in a flat table.

A table has 2^m places with a hash and a count; a count of 0 is a free place.
"""

import numpy as np

from app.engine.jit import Int32s, UInt64s, kernel


@kernel
def number(hashes: UInt64s, known: UInt64s, counts: Int32s, numbers: Int32s) -> int:
    """Count each hash, write how often it came before, and return how many were new."""
    mask = np.uint64(known.size - 1)
    new = 0
    for at in range(hashes.size):
        place = np.int64(hashes[at] & mask)
        while counts[place] and known[place] != hashes[at]:
            place = (place + 1) & np.int64(mask)
        if not counts[place]:
            known[place] = hashes[at]
            new += 1
        numbers[at] = counts[place]
        counts[place] += 1
    return new


@kernel
def move(known: UInt64s, counts: Int32s, to_known: UInt64s, to_counts: Int32s) -> None:
    """Put everything into an empty, larger table."""
    mask = np.uint64(to_known.size - 1)
    for at in range(known.size):
        if counts[at]:
            place = np.int64(known[at] & mask)
            while to_counts[place]:
                place = (place + 1) & np.int64(mask)
            to_known[place] = known[at]
            to_counts[place] = counts[at]
