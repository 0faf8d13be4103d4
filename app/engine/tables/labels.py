"""Which labels each item has, and which items have a label."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int32s
from app.engine.tables import table_kernels as kernels
from app.engine.tables.ids import IdIndex
from app.engine.tables.packing import Arrays
from app.engine.tables.row_table import RowTable

_LABELS = "labels."


class Labels:
    """Item row -> labels and label -> item rows, changed in place, always in step.

    Labels are texts without NUL. Their owner holds the lock, and the references to the item rows.
    """

    def __init__(self) -> None:
        self._ids = IdIndex()
        self._by_label = RowTable(squared=False)
        self._by_item = RowTable(squared=False)

    @property
    def nbytes(self) -> int:
        """Bytes of both tables, slack included, without the texts."""
        return self._by_label.nbytes + self._by_item.nbytes

    def put(self, row: int, labels: Iterable[str]) -> None:
        """Give an item these labels in place of those it has. O(longest label that it loses)."""
        former = self._by_item.row(row)[0]
        wanted = self._ids.acquire_many(list(dict.fromkeys(labels)))
        by_label, by_item = self._by_label, self._by_item
        by_label.fit_rows(self._ids.capacity)
        by_item.fit_rows(row + 1)
        while more := kernels.set_partners(by_label.arrays, by_item.arrays, row, wanted):
            (by_label if more > 0 else by_item).make_room(abs(more))
        self._ids.release_many(former)
        by_label.trim()
        by_item.trim()

    def rows(self, label: str) -> Int32s:
        """Copy the rows of the items that have a label, in no order."""
        number = self._ids.row(label)
        return np.empty(0, np.int32) if number is None else self._by_label.row(number)[0]

    def of(self, row: int) -> list[str]:
        """Return the labels of an item, in no order."""
        return [self._ids.id(number) for number in self._by_item.row(row)[0].tolist()]

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as plain arrays, for `restore`."""
        ids = {f"{_LABELS}{name}": array for name, array in self._ids.dump().items()}
        return ids | self._by_label.dump("by_label") | self._by_item.dump("by_item")

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays are taken."""
        self._ids.restore(
            {n.removeprefix(_LABELS): a for n, a in arrays.items() if n.startswith(_LABELS)}
        )
        self._by_label.restore("by_label", arrays)
        self._by_item.restore("by_item", arrays)
