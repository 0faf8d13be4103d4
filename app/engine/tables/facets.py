"""What filters ask of items: labels, stock, prices and times, by item row."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.catalogue import Item, written
from app.domain.filters import NO_FILTERS, Filters
from app.engine.jit import Bytes, Float64s, Int32s, kernel
from app.engine.tables import table_kernels as kernels
from app.engine.tables.arrays import Arrays, resized
from app.engine.tables.categories import Categories
from app.engine.tables.ids import IdIndex
from app.engine.tables.row_table import RowTable

_LABELS = "labels."
_NO_ITEM, _OUT_OF_STOCK, _IN_STOCK = 0, 1, 2
_REMEMBERED = 32  # masks of each kind, a byte an item row each


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
        ids = {f"{_LABELS}{name}": array for name, array in self._ids.dump().items()}
        return ids | self._by_label.dump("by_label") | self._by_item.dump("by_item")

    def restore(self, arrays: Arrays) -> None:
        self._ids.restore(
            {n.removeprefix(_LABELS): a for n, a in arrays.items() if n.startswith(_LABELS)}
        )
        self._by_label.restore("by_label", arrays)
        self._by_item.restore("by_item", arrays)


@kernel
def keep_between(numbers: Float64s, low: float, high: float, mask: Bytes) -> None:
    """Set a mask to 0 where a number is not from `low` to `high`, or is NaN; both of one size."""
    for row in range(mask.size):
        mask[row] &= np.uint8((numbers[row] >= low) & (numbers[row] <= high))


class Facets:
    """Keeps what is asked of every item, and the answers to the last questions until one changes.

    stock : uint8 (rows,), whether there is an item and it is in stock; prices, created (Unix
    seconds) : float64 (rows,), NaN where there is none. Its owner holds the lock, and says the
    category of an item to `categories` before it puts the item.
    """

    def __init__(self, categories: Categories) -> None:
        self._categories = categories
        self._labels = Labels()
        self._stock: Bytes = np.zeros(0, np.uint8)
        self._prices: Float64s = np.zeros(0)
        self._created: Float64s = np.zeros(0)
        self._grouped: Bytes = np.zeros(0, np.uint8)
        self.grouped = 0
        """How many items have a group."""
        remembered = lru_cache(_REMEMBERED)
        self._answer = remembered(self._find)
        self._below = remembered(self._find_below)  # prices are changed more than categories
        self._having = remembered(self._find_having)

    @property
    def nbytes(self) -> int:
        """Bytes held, slack included, without the texts of labels and the masks remembered."""
        arrays = (self._stock, self._prices, self._created, self._grouped)
        return self._labels.nbytes + sum(array.nbytes for array in arrays)

    def put(self, row: int, item: Item) -> None:
        """Take in an item, in place of what its row held."""
        self.fit(row + 1)
        self._labels.put(row, _labels_of(item))
        self._stock[row] = _IN_STOCK if item.in_stock else _OUT_OF_STOCK
        self._prices[row] = np.nan if item.price is None else item.price
        at = item.created_at
        self._created[row] = np.nan if at is None else at.timestamp()
        self._put_group(row, item.group_id is not None)
        self._changed()

    def remove(self, row: int) -> None:
        self._labels.put(row, ())
        self._stock[row] = _NO_ITEM
        self._prices[row] = self._created[row] = np.nan
        self._put_group(row, False)
        self._changed()

    def created(self, rows: int) -> Float64s:
        """Return when the items of the first `rows` rows were created; for reading only."""
        self.fit(rows)
        return self._created[:rows]

    def prices(self, rows: int) -> Float64s:
        """Return the prices of the items of the first `rows` rows; for reading only."""
        self.fit(rows)
        return self._prices[:rows]

    def has_group(self, rows: Int32s) -> Bytes:
        return self._grouped[rows]

    def members(self, group_id: str) -> Int32s:
        """Copy the rows of the items of a group, in no order."""
        return self._labels.rows(_group(group_id))

    def in_stock(self, rows: Int32s) -> npt.NDArray[np.bool_]:
        in_stock: npt.NDArray[np.bool_] = self._stock[rows] == _IN_STOCK
        return in_stock

    def _put_group(self, row: int, has: bool) -> None:
        self.grouped += has - int(self._grouped[row])
        self._grouped[row] = has

    def narrow(self, filters: Filters, mask: Bytes) -> None:
        """Set the rows to 0 whose items do not pass; of the items to exclude nothing is known here.

        mask : shape (rows,), at least as long as there are items.
        """
        # the part that is the same for everybody
        asked = replace(filters, exclude=(), bought_days=None, cart=None, seen_days=None)
        if asked != NO_FILTERS:
            passing = self._answer(asked)
            mask[: passing.size] &= passing[: mask.size]
            mask[passing.size :] = 0

    def _find(self, wanted: Filters) -> Bytes:
        """Return 1 for every row whose item passes, shape (rows that were put,)."""
        mask = (self._stock > wanted.in_stock).view(np.uint8)
        low, high = wanted.price_from, wanted.price_to
        if low is not None or high is not None:
            least, most = -np.inf if low is None else low, np.inf if high is None else high
            keep_between(self._prices, float(least), float(most), mask)
        if wanted.any_category:
            mask &= self._below(wanted.any_category)
        for path in wanted.all_categories:
            mask &= self._below((path,))
        for labels in _groups(wanted):
            mask &= self._having(labels)
        return mask

    def _find_below(self, paths: tuple[str, ...]) -> Bytes:
        """Return 1 for the items of any of the categories."""
        categories = self._categories
        inside = np.zeros(len(categories.paths), np.uint8)
        for path in paths:
            inside[categories.below(path)] = 1
        return inside.take(categories.codes(self._stock.size))

    def _find_having(self, labels: tuple[str, ...]) -> Bytes:
        """Return 1 for the items that have any of the labels."""
        mask = np.zeros(self._stock.size, np.uint8)
        for label in labels:
            mask[self._labels.rows(label)] = 1
        return mask

    def of(self, row: int) -> tuple[Any, ...]:
        """Return all that is held of the item of a row, in a form to compare."""
        numbers = (self._prices[row], self._created[row])
        known = (None if np.isnan(number) else float(number) for number in numbers)
        return int(self._stock[row]), *known, *sorted(self._labels.of(row))

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        return {
            **self._labels.dump(),
            "stock": self._stock,
            "prices": self._prices,
            "created": self._created,
            "grouped": self._grouped,
        }

    def restore(self, arrays: Arrays) -> None:
        self._labels.restore(arrays)
        self._stock, self._prices = arrays["stock"], arrays["prices"]
        self._created = arrays["created"]
        grouped = arrays.get("grouped")  # a snapshot of before there were groups has none
        self._grouped = np.zeros(self._stock.size, np.uint8) if grouped is None else grouped
        self.grouped = int(np.count_nonzero(self._grouped))
        self._changed()

    def _changed(self) -> None:
        for remembered in (self._answer, self._below, self._having):
            remembered.cache_clear()

    def fit(self, rows: int) -> None:
        """Make rows 0 to `rows` - 1 exist."""
        have = self._stock.size
        if rows > have:
            rows += rows // 8
            self._stock = resized(self._stock, rows)
            self._prices, self._created = resized(self._prices, rows), resized(self._created, rows)
            self._grouped = resized(self._grouped, rows)
            self._stock[have:] = _NO_ITEM
            self._grouped[have:] = 0
            self._prices[have:] = self._created[have:] = np.nan
            self._changed()


def _brand(brand: str) -> str:
    return f"brand {brand}"


def _tag(tag: str) -> str:
    return f"tag {tag}"


def _attribute(name: str, value: str) -> str:
    return f"attribute {len(name)} {name}{value}"  # with the length: where a name ends is plain


def _group(group_id: str) -> str:
    return f"group {group_id}"


def _labels_of(item: Item) -> Iterator[str]:
    if item.group_id is not None:
        yield _group(item.group_id)
    if item.brand is not None:
        yield _brand(item.brand)
    yield from map(_tag, item.tags)
    for name, value in item.attributes.items():
        yield _attribute(name, written(value))


def _groups(wanted: Filters) -> Iterator[tuple[str, ...]]:
    """Yield groups of labels; an item must have one of each."""
    if wanted.brands:
        yield tuple(map(_brand, wanted.brands))
    for tag in wanted.tags:
        yield (_tag(tag),)
    for name, values in wanted.attributes:
        yield tuple(_attribute(name, value) for value in values)
