"""Growable rows of (index, value) entries in flat arrays, changed in place."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Float64s, Int32s, Int64s
from app.engine.tables import table_kernels as kernels
from app.engine.tables.arrays import Arrays, resized

_PARTS = ("index", "value", "span", "totals", "state")
_SPAN_COLUMNS = 5
_STATE_SIZE = 9
_FIRST_ROWS = 16
_FIRST_PLACES = 64


class RowTable:
    """Rows of entries: an int32 index, complemented (~index, negative) to mark it, and a float32.

    index, value : shape (places,); a row's entries are neighbours, in no order.
    span : int32 (rows, 5): where a row starts, its length, its room, and the rows before and after
        it in memory. A row that outgrows its room moves to the tail; small steps of compaction
        that ride on the changes win the hole back. At most 2^31 places.
    totals : float64 (rows, 2): the sum of the row's values (squared values, if `squared`), of
        plain and of complemented entries.
    state : int64 (9,): the bookkeeping named at the top of `table_kernels.py`.

    Its owner holds the lock. No view of the arrays may be kept: they move when they grow.
    """

    __slots__ = ("arrays", "index", "span", "state", "totals", "value")

    def __init__(self, *, squared: bool) -> None:
        state = np.zeros(_STATE_SIZE, np.int64)
        state[[kernels.FIRST, kernels.LAST, kernels.CURSOR]] = -1
        state[kernels.SQUARED] = squared
        self._take(
            np.zeros(_FIRST_PLACES, np.int32),
            np.zeros(_FIRST_PLACES, np.float32),
            np.zeros((_FIRST_ROWS, _SPAN_COLUMNS), np.int32),
            np.zeros((_FIRST_ROWS, 2), np.float64),
            state,
        )

    def __len__(self) -> int:
        return int(self.state[kernels.ENTRIES])

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays)

    @property
    def filled_rows(self) -> int:
        return int(self.state[kernels.ROWS])

    def length(self, row: int) -> int:
        """Number of entries of a row; 0 for one never written."""
        return int(self.span[row, kernels.LENGTH]) if row < len(self.span) else 0

    def lengths(self, rows: int) -> Int32s:
        """Number of entries of the first `rows` rows."""
        self.fit_rows(rows)
        return self.span[:rows, kernels.LENGTH].copy()

    def row(self, row: int) -> tuple[Int32s, Float32s]:
        """Copy a row's entries: indices (complemented where marked) and values."""
        if row >= len(self.span):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        start, length = self.span[row, :2].tolist()
        end = start + length
        return self.index[start:end].copy(), self.value[start:end].copy()

    def entries(self) -> tuple[Int32s, Int32s, Float32s]:
        """Copy all entries in order of rows: row, index (complemented if marked), value; (n,)."""
        lengths, starts = self.span[:, kernels.LENGTH], self.span[:, kernels.START]
        rows = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        before = np.cumsum(lengths, dtype=np.int64) - lengths
        places = starts.astype(np.int64)[rows] + np.arange(rows.size) - before[rows]
        return rows, self.index[places], self.value[places]

    def fit_rows(self, rows: int) -> None:
        """Make rows 0 to `rows` - 1 exist."""
        have = len(self.span)
        if rows > have:
            rows = max(rows, have + have // 8)
            span, totals = resized(self.span, rows), resized(self.totals, rows)
            self._take(self.index, self.value, span, totals, self.state)

    def make_room(self, more: int = 0) -> None:
        """Lengthen the arrays by a small step, and by `more` places at least."""
        have = self.index.size
        tail = int(self.state[kernels.TAIL])
        places = max(tail + more, have + have // 32 + _FIRST_PLACES)
        if places > np.iinfo(np.int32).max:
            raise OverflowError("a table of rows holds at most 2^31 places")
        self._resize(places)

    def trim(self) -> None:
        """Give memory back where an eighth of the arrays lies unused behind the tail."""
        tail = int(self.state[kernels.TAIL])
        places = tail + tail // 32 + _FIRST_PLACES
        if self.index.size > places + places // 8:
            self._resize(places)

    def _resize(self, places: int) -> None:
        index, value = resized(self.index, places), resized(self.value, places)
        self._take(index, value, self.span, self.totals, self.state)

    def set_row(self, row: int, entries: Int32s, numbers: Float32s) -> None:
        self.fit_rows(row + 1)
        while not kernels.set_row(self.arrays, row, entries, numbers):
            self.make_room(kernels.fit(entries.size))

    def dump(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays as they are, for `restore`; what lies in holes is wiped first."""
        kernels.wipe_holes(self.arrays)
        tail = int(self.state[kernels.TAIL])
        used: dict[str, npt.NDArray[Any]] = {"index": self.index[:tail], "value": self.value[:tail]}
        used |= {"span": self.span, "totals": self.totals, "state": self.state}
        return {f"{name}.{part}": array for part, array in used.items()}

    def restore(self, name: str, arrays: Arrays) -> None:
        self._take(*(arrays[f"{name}.{part}"] for part in _PARTS))

    def _take(
        self, index: Int32s, value: Float32s, span: Int32s, totals: Float64s, state: Int64s
    ) -> None:
        self.index, self.value = index, value
        self.span, self.totals, self.state = span, totals, state
        self.arrays: kernels.Table = (index, value, span, totals, state)
