"""Outside ids <-> row numbers, reference counted."""

import secrets
import threading
from collections.abc import Sequence
from itertools import repeat
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xxhash

from app.engine.jit import Bytes, Int32s, Int64s, UInt64s, kernel
from app.engine.tables.arrays import Arrays, Texts, in_slices, resized

_KEY_BYTES = 8
_FIRST_ROOM = 64
_AT_ONCE = 2048  # ids looked up under one hold of the lock


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


class Watcher(Protocol):
    """Hears of ids that come and go."""

    def added(self, rows: Int64s, ids: Sequence[str]) -> None:
        """Take in ids that are new, and their rows."""

    def dropped(self, row: int) -> None:
        """Take in that a row belongs to nobody."""

    def restored(self) -> None:
        """Take in that everything may be another."""


class IdIndex:
    """A two-way map between ids and rows; a row lives as long as somebody refers to it.

    Not locked: its users hold the lock of the shop whose tables share it. Ids are text without NUL.
    What was restored stays in the arrays it came in; what came later stands in dictionaries.
    """

    def __init__(self) -> None:
        self._base: FrozenIds | None = None
        self._row_of: dict[str, int] = {}
        self._ids: list[str | None] = []  # None: a free row, or one of the base
        self._count = 0
        self._free: list[int] = []
        self._prefix: bytes | None = None
        self._references = np.zeros(_FIRST_ROOM, dtype=np.int64)
        self._keys = np.zeros(_FIRST_ROOM, dtype=np.uint64)
        self._alive = np.zeros(_FIRST_ROOM, dtype=np.uint8)
        self.watchers: list[Watcher] = []

    def __len__(self) -> int:
        return self._count

    @property
    def capacity(self) -> int:
        """Rows ever handed out: what arrays indexed by row must have room for."""
        return len(self._ids)

    @property
    def keys(self) -> UInt64s:
        """Sort keys, shape (capacity,): where two differ, their order is the order of the ids.

        The first 8 bytes, big endian, of the UTF-8 id after the longest common prefix of all ids.
        Equal keys say nothing: compare the ids. The key of a free row means nothing.
        """
        return self._keys[: len(self._ids)]

    @property
    def alive(self) -> Bytes:
        """One where the row belongs to an id, shape (capacity,)."""
        return self._alive[: len(self._ids)]

    def row(self, id_: str) -> int | None:
        """Return the row of `id_`, or None if nobody refers to it."""
        row = self._row_of.get(id_)
        if row is not None or self._base is None:
            return row
        row = self._base.find(id_)
        return row if row >= 0 and self._in_base(row) else None

    def id(self, row: int) -> str:
        """Return the id of a row; KeyError if the row is free or was never handed out."""
        id_ = self._ids[row] if 0 <= row < len(self._ids) else None
        if id_ is not None:
            return id_
        if self._base is None or not 0 <= row < len(self._base) or not self._in_base(row):
            raise KeyError(row)
        return self._base.ids[row]

    def _in_base(self, row: int) -> bool:
        return bool(self._alive[row]) and self._ids[row] is None

    def acquire(self, id_: str) -> int:
        """Add one reference to `id_`, known or new, and return its row."""
        row = self.row(id_)
        if row is None:
            row = int(self._add([id_])[0])
        self._references[row] += 1
        return row

    def acquire_many(self, ids: Sequence[str]) -> Int32s:
        """Add one reference per element of `ids`; return their rows, shape (len(ids),)."""
        rows = self._rows(ids)
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            new = [ids[at] for at in missing.tolist()]
            self._add(list(dict.fromkeys(new)))
            rows[missing] = np.fromiter(map(self._row_of.__getitem__, new), np.int32, len(new))
        np.add.at(self._references, rows, 1)
        return rows

    def acquire_in_slices(self, ids: Sequence[str], lock: threading.RLock) -> Int32s:
        """Do as `acquire_many`, letting others have the lock in between."""
        rows = np.empty(len(ids), np.int32)
        for some in in_slices(lock, len(ids), _AT_ONCE):
            rows[some] = self.acquire_many(ids[some])
        return rows

    def retain_many(self, rows: Int32s | Int64s) -> None:
        """Add one reference to each of `rows`, which are distinct and referred to already."""
        self._references[rows] += 1

    def _rows(self, ids: Sequence[str]) -> Int32s:
        """Look up many ids; -1 where nobody refers to one."""
        rows = np.fromiter(map(self._row_of.get, ids, repeat(-1)), np.int32, len(ids))
        if self._base is not None:
            for at in np.flatnonzero(rows < 0).tolist():
                row = self.row(ids[at])
                rows[at] = -1 if row is None else row
        return rows

    def release(self, row: int) -> None:
        """Drop one reference; with the last one the row is free for another id."""
        left = self._references[row] - 1
        if left < 0:
            raise ValueError(f"row {row} has no reference to drop")
        self._references[row] = left
        if left == 0:
            self._drop(row)

    def release_many(self, rows: Int32s | Int64s, counts: Int64s | None = None) -> None:
        """Drop `counts` references (one each unless given) of `rows`, which are distinct."""
        self._references[rows] -= 1 if counts is None else counts
        for row in rows[self._references[rows] == 0].tolist():
            self._drop(row)

    def release_each(self, rows: Int32s, lock: threading.RLock, *, keep: int = 0) -> None:
        """Drop one reference for every occurrence of a row, but for `keep` of them."""
        counts = np.bincount(rows).astype(np.int64)
        named = np.flatnonzero(counts)
        with lock:
            self.release_many(named, counts[named] - keep)

    def _drop(self, row: int) -> None:
        id_ = self._ids[row]
        if id_ is not None:
            del self._row_of[id_]
        self._ids[row] = None
        self._alive[row] = 0
        self._count -= 1
        self._free.append(row)
        for watcher in self.watchers:
            watcher.dropped(row)

    def _add(self, ids: list[str]) -> Int64s:
        """Give rows to new, distinct ids."""
        reused = [self._free.pop() for _ in range(min(len(ids), len(self._free)))]
        first = len(self._ids)
        rows = np.array([*reused, *range(first, first + len(ids) - len(reused))], dtype=np.int64)
        self._ids.extend(repeat(None, len(ids) - len(reused)))
        self._widen()
        encoded = [_bytes(id_) for id_ in ids]
        for row, id_ in zip(rows.tolist(), ids, strict=True):
            self._ids[row] = id_
            self._row_of[id_] = row
        self._alive[rows] = 1
        self._count += len(ids)
        self._set_keys(rows, encoded)
        for watcher in self.watchers:
            watcher.added(rows, ids)
        return rows

    def _widen(self) -> None:
        room = self._keys.size
        if len(self._ids) <= room:
            return
        room = max(len(self._ids), room + room // 8)
        self._references = resized(self._references, room)
        self._keys = resized(self._keys, room)
        self._alive = resized(self._alive, room)

    def _set_keys(self, rows: Int64s, encoded: list[bytes]) -> None:
        known = self._prefix
        shared = _shared(min(encoded), max(encoded))
        shared = shared if known is None else _shared(known, shared)
        if shared == known or known is None:
            self._prefix = shared
            self._keys[rows] = _keys_of(encoded, len(shared))
            return
        # The common prefix got shorter, which can happen only as often as it has bytes.
        self._prefix = shared
        if self._base is not None:
            self._keys[: len(self._base)] = self._base.keys(len(shared))
        live = [row for row, id_ in enumerate(self._ids) if id_ is not None]
        self._keys[live] = _keys_of([_bytes(self.id(row)) for row in live], len(shared))

    def references(self) -> dict[str, int]:
        rows = np.flatnonzero(self.alive).tolist()
        return {self.id(row): int(self._references[row]) for row in rows}

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        size = self.capacity
        rows = np.flatnonzero(self.alive).astype(np.int32)
        return {
            **frozen(size, rows, [self.id(row) for row in rows.tolist()]),
            "references": self._references[:size],
            "keys": self.keys * self.alive,  # what is gone leaves no trace
            "alive": self.alive,
            "free": np.array(self._free, np.int32),
            "prefix": np.frombuffer(self._prefix or b"", np.uint8),
            "has_prefix": np.array([self._prefix is not None]),
        }

    def restore(self, arrays: Arrays) -> None:
        self._base = FrozenIds(arrays)
        self._row_of, self._ids = {}, [None] * len(self._base)
        self._references, self._keys = arrays["references"], arrays["keys"]
        self._alive = arrays["alive"]
        self._count = int(np.count_nonzero(self._alive))
        self._free = arrays["free"].tolist()
        self._prefix = arrays["prefix"].tobytes() if arrays["has_prefix"][0] else None
        for watcher in self.watchers:
            watcher.restored()


def _bytes(id_: str) -> bytes:
    return id_.encode("utf-8", "surrogatepass")


def _shared(one: bytes, other: bytes) -> bytes:
    """The longest common prefix; of a sorted list, that of its ends is that of all."""
    differ = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[: next(differ, min(len(one), len(other)))]


def _keys_of(encoded: list[bytes], skip: int) -> UInt64s:
    end = skip + _KEY_BYTES
    joined = b"".join([id_[skip:end].ljust(_KEY_BYTES, b"\0") for id_ in encoded])
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64)
