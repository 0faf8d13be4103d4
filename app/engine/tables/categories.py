"""Which category each item is in, as numbers by item row."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int32s
from app.engine.tables.arrays import Arrays, Texts, resized

NO_CATEGORY = 0
SEPARATOR = "|"


class Categories:
    """Paths of categories, levels joined by `|`, their codes, and the code of each item row.

    A code stays what it is: paths come and do not go. Its owner holds the lock.
    """

    def __init__(self) -> None:
        self._replace([""], np.zeros(0, np.int32))

    def _replace(self, paths: list[str], codes: Int32s) -> None:
        self.paths = paths
        """By code; the first is that of items without a category."""
        self._codes = codes
        self._code_of = {path: code for code, path in enumerate(paths)}
        self._below: dict[str, Int32s] = {}

    def codes(self, items: int) -> Int32s:
        """Return the codes of the first `items` rows; for reading, with the lock held."""
        self._fit(items)
        return self._codes[:items]

    def put(self, row: int, path: str | None) -> None:
        self._fit(row + 1)
        self._codes[row] = NO_CATEGORY if not path else self._code(path)

    def remove(self, row: int) -> None:
        self._fit(row + 1)
        self._codes[row] = NO_CATEGORY

    def below(self, path: str) -> Int32s:
        """List the codes of a category and of all below it; none if it is not known."""
        found = self._below.get(path)
        if found is None:
            start = path + SEPARATOR
            matching = [c for p, c in self._code_of.items() if p == path or p.startswith(start)]
            found = np.array(matching, np.int32)
            if matching:  # anybody may ask for anything: only what exists is remembered
                self._below[path] = found
        return found

    def _code(self, path: str) -> int:
        code = self._code_of.get(path)
        if code is None:
            code = self._code_of[path] = len(self.paths)
            self.paths.append(path)
            self._below = {}
        return code

    def _fit(self, rows: int) -> None:
        if rows > self._codes.size:
            self._codes = resized(self._codes, rows + rows // 8)

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        return {**Texts.of(self.paths).arrays("paths"), "codes": self._codes}

    def restore(self, arrays: Arrays) -> None:
        paths = Texts.named("paths", arrays)
        self._replace([paths[number] for number in range(len(paths))], arrays["codes"])
