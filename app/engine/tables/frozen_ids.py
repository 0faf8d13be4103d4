"""Ids that a file holds, found without an object for each."""

import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from app.engine.jit import Bytes, Int32s, Int64s, UInt64s, kernel
from app.engine.tables.arrays import Arrays, Texts


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


class FrozenIds:
    """Ids by number, and numbers by id through an open-addressed hash table in flat arrays.

    A million ids in dictionaries are 170 MB of every process; here they are 25 MB of a mapped file
    that all share, for about half a microsecond more a look-up. Numbers may be missing.

    ids : the texts by number, empty where one is missing. slots : int32, shape (2^m,), a number or
    -1. seed : uint64, shape (1,), random, so that nobody can choose ids that all collide.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.ids = Texts.named("ids", arrays)
        self._slots = arrays["slots"].data
        self._seed = int(arrays["seed"][0])
        self._mask = len(self._slots) - 1

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, id_: str) -> int:
        """Return the number of an id, or -1."""
        wanted = id_.encode("utf-8", "surrogatepass")
        slot = xxhash.xxh3_64_intdigest(wanted, self._seed) & self._mask
        while (number := self._slots[slot]) >= 0:
            if self.ids.raw(number) == wanted:
                return int(number)
            slot = (slot + 1) & self._mask
        return -1

    def keys(self, skip: int) -> UInt64s:
        """Return the sort keys of all (see `IdIndex.keys`), shape (n,)."""
        keys = np.empty(len(self), np.uint64)
        sort_keys(self.ids.data, self.ids.ends, skip, keys)
        return keys


def frozen(size: int, numbers: Int32s, ids: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `FrozenIds`: `ids` under `numbers`, each below `size`."""
    texts = [""] * size
    for number, id_ in zip(numbers.tolist(), ids, strict=True):
        texts[number] = id_
    seed = secrets.randbits(63)
    digest = xxhash.xxh3_64_intdigest
    hashes = [digest(id_.encode("utf-8", "surrogatepass"), seed) for id_ in ids]
    slots = np.full(1 << (2 * len(ids)).bit_length(), -1, np.int32)
    fill_slots(np.array(hashes, np.uint64), numbers, slots)
    return {**Texts.of(texts).arrays("ids"), "slots": slots, "seed": np.array([seed], np.uint64)}
