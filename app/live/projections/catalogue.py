"""The items a shop may show: what renders them, what filters ask, and their feature vectors."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from threading import RLock
from typing import Any, Self

import numpy as np
import orjson
import structlog
from numpy.typing import NDArray

from app.domain.catalogue import Item, Product
from app.domain.changes import Change, Collection
from app.domain.ports import ItemRepository
from app.engine.tables.arrays import Arrays, Texts, resized
from app.engine.tables.categories import Categories
from app.engine.tables.facets import Facets
from app.engine.tables.feature_table import Features
from app.engine.tables.ids import IdIndex
from app.live.encoding import ENCODER_VERSION, decoded, encode_item
from app.live.projections.projection import differences, joined, part_of

log = structlog.get_logger(__name__)

_LAYOUT = 4  # of the dumped arrays
_CHUNK = 32  # items taken in at a time while loading: about a millisecond under the lock
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
        product = self._changed.get(row)
        return self._from_base(row) if product is None else product

    def put(self, row: int, product: Product) -> None:
        if row >= len(self._mask):
            self._mask = resized(self._mask, row + 1 + row // 4)
        self._count += not self._mask[row]
        self._mask[row] = 1
        self._changed[row] = product

    def remove(self, row: int) -> None:
        self._changed.pop(row, None)
        self._mask[row] = 0
        self._count -= 1

    def rows(self) -> list[int]:
        return [int(row) for row in np.flatnonzero(self._mask)]

    def mask(self, size: int) -> NDArray[np.uint8]:
        """Return a fresh mask, shape (size,): 1 where there is a product."""
        mask = np.zeros(size, np.uint8)
        mask[: len(self._mask)] = self._mask[:size]
        return mask

    def dump(self) -> dict[str, NDArray[Any]]:
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


class CatalogueProjection:
    """Item rows in the catalogue, their products and vectors."""

    name = "catalogue"
    version = 1000 * _LAYOUT + ENCODER_VERSION
    collections = (Collection.ITEMS,)

    def __init__(
        self, repository: ItemRepository, items: IdIndex, features: Features, lock: RLock
    ) -> None:
        self._repository = repository
        self._items = items
        self._features = features
        self._lock = lock
        self._products = Products()
        self.categories = Categories()
        self.facets = Facets(self.categories)

    def __len__(self) -> int:
        return len(self._products)

    def has(self, item_id: str) -> bool:
        return self.row(item_id) is not None

    def row(self, item_id: str) -> int | None:
        row = self._items.row(item_id)
        return row if row is not None and row in self._products else None

    def product(self, row: int) -> Product:
        return self._products[row]

    def mask(self) -> NDArray[np.uint8]:
        """Return a fresh mask, shape (item rows,): 1 where an item may be shown."""
        return self._products.mask(self._items.capacity)

    def load(self) -> None:
        stored: set[str] = set()
        for chunk in _chunks(self._repository.scan()):
            with self._lock:
                for item in chunk:
                    self._put(item)
                    stored.add(item.item_id)
        with self._lock:
            for row in self._products.rows():
                if self._items.id(row) not in stored:
                    self._remove(row)

    def apply(self, change: Change) -> None:
        if change.key is None:
            for old in self._products.rows():
                self._remove(old)
        elif change.value is not None:
            self._put(change.value)
        elif (row := self.row(change.key)) is not None:
            self._remove(row)

    def forget(self, user_id: str) -> None:
        """Items know no shopper."""

    def dump(self) -> dict[str, NDArray[Any]]:
        size = self._items.capacity
        self.facets.fit(size)  # readers will find nothing left to do
        self.categories.codes(size)
        return self._products.dump() | joined(
            features=self._features.dump(),
            categories=self.categories.dump(),
            facets=self.facets.dump(),
        )

    def restore(self, arrays: Arrays) -> None:
        self._products.restore(arrays)
        self._features.restore(part_of(arrays, "features"))
        self.categories.restore(part_of(arrays, "categories"))
        self.facets.restore(part_of(arrays, "facets"))

    def differences(self, rebuilt: Self) -> list[str]:
        return [
            *differences("item", self._products_by_id(), rebuilt._products_by_id()),
            *differences("facets of", self._facets_by_id(), rebuilt._facets_by_id()),
            *differences("vector of", self._features.by_id(), rebuilt._features.by_id()),
            *differences(
                "vectors of", self._features.named_by_id(), rebuilt._features.named_by_id()
            ),
        ]

    def _products_by_id(self) -> dict[str, Product]:
        return {self._items.id(row): self._products[row] for row in self._products.rows()}

    def _facets_by_id(self) -> dict[str, Any]:
        return {self._items.id(row): self.facets.of(row) for row in self._products.rows()}

    def _put(self, item: Item) -> None:
        self._show(item)
        self._put_unnamed(item)
        self._put_named(item)

    def _put_unnamed(self, item: Item) -> None:
        if item.features is not None and self._put_own(item.item_id, item.features):
            return
        encoding = item.encoding
        if encoding is None or encoding.version != ENCODER_VERSION:
            encoding = encode_item(item)
        self._features.put_encoded(item.item_id, *decoded(encoding))

    def _put_own(self, item_id: str, vector: tuple[float, ...]) -> bool:
        try:
            self._features.put_own(item_id, np.asarray(vector))
        except ValueError as error:
            # two lengths stored at the same moment, or by another hand: the columns must do
            log.warning("own vector not used", item_id=item_id, reason=str(error))
            return False
        return True

    def _put_named(self, item: Item) -> None:
        vectors = {name: np.asarray(vector) for name, vector in item.vectors.items()}
        for reason in self._features.put_named(item.item_id, vectors).values():
            log.warning("named vector not used", item_id=item.item_id, reason=reason)

    def _show(self, item: Item) -> None:
        known = self.row(item.item_id)
        row = self._items.acquire(item.item_id) if known is None else known
        self._products.put(row, _to_product(item))
        self.categories.put(row, item.category)
        self.facets.put(row, item)

    def _remove(self, row: int) -> None:
        self._features.remove(self._items.id(row))
        self._products.remove(row)
        self.categories.remove(row)
        self.facets.remove(row)
        self._items.release(row)


def _chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _to_product(item: Item) -> Product:
    return Product(
        item_id=item.item_id,
        title=item.title,
        category=item.category,
        brand=item.brand,
        price=item.price,
        image_url=item.image_url,
        in_stock=item.in_stock,
        created_at=None if item.created_at is None else item.created_at.timestamp(),
        group_id=item.group_id,
    )
