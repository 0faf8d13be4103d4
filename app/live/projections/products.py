"""What renders each item, by item row."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.domain.catalogue import Product
from app.engine.tables.growth import resized
from app.engine.tables.packing import Arrays, Texts

_REMEMBERED = 20_000  # products made of restored JSON and kept, about 0.6 KB each


class Products:
    """Item row -> Product. What was restored stays as JSON in flat arrays until it is shown."""

    def __init__(self) -> None:
        self._changed: dict[int, Product] = {}
        self._mask: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._count = 0
        self._take(Texts.of(()))

    def _take(self, base: Texts) -> None:
        self._from_base = lru_cache(_REMEMBERED)(lambda row: Product(**orjson.loads(base[row])))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row: int) -> bool:
        return row < len(self._mask) and bool(self._mask[row])

    def __getitem__(self, row: int) -> Product:
        """Return the product of a row that has one."""
        product = self._changed.get(row)
        return self._from_base(row) if product is None else product

    def put(self, row: int, product: Product) -> None:
        """Store or replace a product."""
        if row >= len(self._mask):
            self._mask = resized(self._mask, row + 1 + row // 4)
        self._count += not self._mask[row]
        self._mask[row] = 1
        self._changed[row] = product

    def remove(self, row: int) -> None:
        """Forget the product of a row that has one."""
        self._changed.pop(row, None)
        self._mask[row] = 0
        self._count -= 1

    def rows(self) -> list[int]:
        """Return the rows that have a product."""
        return [int(row) for row in np.flatnonzero(self._mask)]

    def mask(self, size: int) -> NDArray[np.uint8]:
        """Return a fresh mask, shape (size,): 1 where there is a product."""
        mask = np.zeros(size, np.uint8)
        mask[: len(self._mask)] = self._mask[:size]
        return mask

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as plain arrays, for `restore`."""
        texts = [""] * len(self._mask)
        for row in self.rows():
            texts[row] = orjson.dumps(asdict(self[row])).decode()
        return {**Texts.of(texts).arrays("products"), "mask": self._mask}

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays belong to this object from now on."""
        self._changed = {}
        self._mask = arrays["mask"]
        self._count = int(np.count_nonzero(self._mask))
        self._take(Texts.named("products", arrays))
