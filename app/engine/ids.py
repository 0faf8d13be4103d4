"""Outside ids <-> row numbers, reference counted."""

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from app.engine.jit import Bytes, Int32s, Int64s, UInt64s

_KEY_BYTES = 8
_FIRST_ROOM = 64


class IdIndex:
    """A two-way map between ids and rows; a row lives as long as somebody refers to it.

    Not locked: its users hold the lock of the shop whose tables share it. Ids are text without NUL.
    """

    def __init__(self) -> None:
        self._row_of: dict[str, int] = {}
        self._ids: list[str | None] = []
        self._free: list[int] = []
        self._prefix: bytes | None = None
        self._references = np.zeros(_FIRST_ROOM, dtype=np.int64)
        self._keys = np.zeros(_FIRST_ROOM, dtype=np.uint64)
        self._alive = np.zeros(_FIRST_ROOM, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self._row_of)

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
        return self._row_of.get(id_)

    def id(self, row: int) -> str:
        """Return the id of a row; KeyError if the row is free or was never handed out."""
        id_ = self._ids[row] if 0 <= row < len(self._ids) else None
        if id_ is None:
            raise KeyError(row)
        return id_

    def acquire(self, id_: str) -> int:
        """Add one reference to `id_`, known or new, and return its row."""
        row = self._row_of.get(id_)
        if row is None:
            row = int(self._add([id_])[0])
        self._references[row] += 1
        return row

    def acquire_many(self, ids: Sequence[str]) -> Int32s:
        """Add one reference per element of `ids`; return their rows, shape (len(ids),)."""
        rows = np.fromiter(map(self._row_of.get, ids, repeat(-1)), np.int32, len(ids))
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            new = [ids[at] for at in missing.tolist()]
            self._add(list(dict.fromkeys(new)))
            rows[missing] = np.fromiter(map(self._row_of.__getitem__, new), np.int32, len(new))
        np.add.at(self._references, rows, 1)
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

    def _drop(self, row: int) -> None:
        id_ = self._ids[row]
        if id_ is not None:
            del self._row_of[id_]
        self._ids[row] = None
        self._alive[row] = 0
        self._free.append(row)

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
        self._set_keys(rows, encoded)
        return rows

    def _widen(self) -> None:
        room = self._keys.size
        if len(self._ids) <= room:
            return
        extra = max(len(self._ids) - room, room // 4)
        self._references = np.append(self._references, np.zeros(extra, np.int64))
        self._keys = np.append(self._keys, np.zeros(extra, np.uint64))
        self._alive = np.append(self._alive, np.zeros(extra, np.uint8))

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
        live = np.flatnonzero(self._alive)
        every = [_bytes(self.id(row)) for row in live.tolist()]
        self._keys[live] = _keys_of(every, len(shared))


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
