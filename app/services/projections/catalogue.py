"""The items a shop may show: what renders them, and their feature vectors."""

from collections.abc import Iterator
from dataclasses import asdict
from threading import RLock
from typing import Any

import numpy as np
import orjson
import structlog
from numpy.typing import NDArray

from app.domain.catalogue import Encoding, Item, Product
from app.domain.changes import Change, Collection
from app.domain.ports import ItemRepository
from app.engine.feature_table import Features
from app.engine.ids import IdIndex
from app.services.encoding import ENCODER_VERSION, encode_item
from app.services.projections.packing import differences, pack_strings, unpack_strings
from app.services.projections.projection import Arrays

log = structlog.get_logger(__name__)

_CHUNK = 32  # items taken in at a time while loading: about a millisecond under the lock


class CatalogueProjection:
    """Item rows in the catalogue, their products and vectors."""

    name = "catalogue"
    collections = (Collection.ITEMS,)

    def __init__(
        self, repository: ItemRepository, items: IdIndex, features: Features, lock: RLock
    ) -> None:
        self._repository = repository
        self._items = items
        self._features = features
        self._lock = lock
        self._product_of: dict[int, Product] = {}
        self._mask: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self._product_of)

    def has(self, item_id: str) -> bool:
        """Return whether the item is in the catalogue."""
        return self.row(item_id) is not None

    def row(self, item_id: str) -> int | None:
        """Return the row of an item of the catalogue."""
        row = self._items.row(item_id)
        return row if row in self._product_of else None

    def product(self, row: int) -> Product:
        """Return what renders the item of that row."""
        return self._product_of[row]

    def mask(self) -> NDArray[np.uint8]:
        """Return a fresh mask, shape (item rows,): 1 where an item may be shown."""
        mask = np.zeros(self._items.capacity, dtype=np.uint8)
        mask[: len(self._mask)] = self._mask[: len(mask)]
        return mask

    def load(self) -> None:
        """Take in every stored item, then drop those that are gone."""
        stored: set[str] = set()
        for chunk in _chunks(self._repository.scan()):
            with self._lock:
                for item in chunk:
                    self._put(item)
                    stored.add(item.item_id)
        with self._lock:
            for row in list(self._product_of):
                if self._items.id(row) not in stored:
                    self._remove(row)

    def apply(self, change: Change) -> None:
        """Take in one item, or its end."""
        if change.key is None:
            for old in list(self._product_of):
                self._remove(old)
        elif change.value is not None:
            self._put(change.value)
        elif (row := self.row(change.key)) is not None:
            self._remove(row)

    def forget(self, user_id: str) -> None:
        """Items know no shopper."""

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return products as JSON, and the vectors."""
        products = [orjson.dumps(asdict(p)).decode() for p in self._product_of.values()]
        vectors = {f"features.{name}": array for name, array in self._features.dump().items()}
        return pack_strings(products, "products") | vectors

    def restore(self, arrays: Arrays) -> None:
        """Take what `dump` returned."""
        for row in list(self._product_of):
            self._remove(row)
        for text in unpack_strings(arrays, "products"):
            self._show(Product(**orjson.loads(text)))
        own = {
            n.removeprefix("features."): a for n, a in arrays.items() if n.startswith("features.")
        }
        self._features.restore(own)

    def verify(self) -> list[str]:
        """Compare what renders each item."""
        stored = {item.item_id: _to_product(item) for item in self._repository.scan()}
        memory = {product.item_id: product for product in self._product_of.values()}
        return differences("item", memory, stored)

    def _put(self, item: Item) -> None:
        self._show(_to_product(item))
        if item.features is not None and self._put_own(item.item_id, item.features):
            return
        encoding = item.encoding
        if encoding is None or encoding.version != ENCODER_VERSION:
            encoding = encode_item(item)
        self._features.put_encoded(item.item_id, *_unpack(encoding))

    def _put_own(self, item_id: str, vector: tuple[float, ...]) -> bool:
        try:
            self._features.put_own(item_id, np.asarray(vector))
        except ValueError as error:
            # two lengths stored at the same moment, or by another hand: the columns must do
            log.warning("own vector not used", item_id=item_id, reason=str(error))
            return False
        return True

    def _show(self, product: Product) -> None:
        known = self.row(product.item_id)
        row = self._items.acquire(product.item_id) if known is None else known
        if known is None:
            self._grow()
            self._mask[row] = 1
        self._product_of[row] = product

    def _remove(self, row: int) -> None:
        self._features.remove(self._items.id(row))
        del self._product_of[row]
        self._mask[row] = 0
        self._items.release(row)

    def _grow(self) -> None:
        if self._items.capacity > len(self._mask):
            larger = np.zeros(max(1024, 2 * self._items.capacity), dtype=np.uint8)
            larger[: len(self._mask)] = self._mask
            self._mask = larger


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
    )


def _unpack(encoding: Encoding) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    return np.frombuffer(encoding.dims, np.dtype("<i4")), np.frombuffer(
        encoding.weights, np.dtype("<f4")
    )
