"""Any number of dense vectors an item, told apart by name: of its text, its picture, its sound."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s
from app.engine.tables.own_vectors import OwnVectors
from app.engine.tables.packing import Arrays

_START = "named."
_LAST = ".vectors"


class NamedVectors:
    """Name -> space of dense vectors, each of a dimension of its own; its owner holds the lock.

    Two items of a space are as similar as the cosine of their vectors says, with its sign:
    opposite embeddings are no likeness, and so one product with the profile's sum is exact.
    A space lives as long as it has a vector.
    """

    def __init__(self) -> None:
        self.spaces: dict[str, OwnVectors] = {}

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(space.nbytes for space in self.spaces.values())

    def sizes(self) -> dict[str, int]:
        """Return the dimension of each space by name."""
        return {name: space.size for name, space in self.spaces.items()}

    def put(self, row: int, vectors: Mapping[str, Float64s]) -> dict[str, str]:
        """Store the vectors of a row in place of all that it has.

        Those that have another length than others of their name are left out; returns why.
        """
        refused = {name: self._refusal(row, name, v.size) for name, v in vectors.items()}
        fitting = {name: v for name, v in vectors.items() if not refused[name]}
        for name in [n for n, space in self.spaces.items() if space.has(row)]:
            if name not in fitting or self.spaces[name].size != fitting[name].size:
                self._remove(row, name)
        for name, vector in fitting.items():
            if name not in self.spaces:
                self.spaces[name] = OwnVectors(absolute=False)
            self.spaces[name].put(row, vector)
        return {name: reason for name, reason in refused.items() if reason}

    def _refusal(self, row: int, name: str, size: int) -> str:
        space = self.spaces.get(name)
        if space is None or space.size == size or (space.count == 1 and space.has(row)):
            return ""
        return f"the vectors {name!r} of this catalogue have {space.size} numbers, not {size}"

    def remove(self, row: int) -> None:
        """Forget all vectors of a row."""
        self.put(row, {})

    def of(self, row: int) -> dict[str, str]:
        """Return how long each vector of a row is, and a digest of what is stored."""
        found = {name: space.stored(row) for name, space in sorted(self.spaces.items())}
        return {name: _described(v) for name, v in found.items() if v is not None}

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as plain arrays, for `restore`."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        for name, space in self.spaces.items():
            arrays |= space.dump(f"{_START}{name}")
        return arrays

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays belong to this object from now on."""
        self.spaces = {}
        for key in arrays:
            if key.startswith(_START) and key.endswith(_LAST):
                space = OwnVectors(absolute=False)
                space.restore(key.removesuffix(_LAST), arrays)
                self.spaces[key.removeprefix(_START).removesuffix(_LAST)] = space

    def _remove(self, row: int, name: str) -> None:
        self.spaces[name].remove(row)
        if not self.spaces[name].count:
            del self.spaces[name]


def _described(vector: npt.NDArray[np.float32]) -> str:
    return f"{vector.size} numbers, {hashlib.blake2b(vector.tobytes(), digest_size=8).hexdigest()}"
