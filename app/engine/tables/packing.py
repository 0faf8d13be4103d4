"""Texts as plain arrays."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Int64s

Arrays = Mapping[str, npt.NDArray[Any]]


class Texts:
    """UTF-8 texts by number, end to end in one array, so that a mapped file can hold them.

    data : uint8, all of them; ends : int64, shape (n,), where each ends. An empty one is allowed.
    """

    def __init__(self, data: Bytes, ends: Int64s) -> None:
        self.data, self.ends = data, ends
        self._data, self._ends = data.data, ends.data  # faster at single places

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """Pack texts in order."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    @classmethod
    def named(cls, name: str, arrays: Arrays) -> "Texts":
        """Take what `arrays` gave."""
        return cls(arrays[f"{name}.data"], arrays[f"{name}.ends"])

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Return the two arrays under a common name."""
        return {f"{name}.data": self.data, f"{name}.ends": self.ends}

    def __len__(self) -> int:
        return self.ends.size

    def __getitem__(self, number: int) -> str:
        return str(self.raw(number), "utf-8", "surrogatepass")

    def raw(self, number: int) -> memoryview:
        """Return the bytes of one text."""
        start = self._ends[number - 1] if number else 0
        return self._data[start : self._ends[number]]
