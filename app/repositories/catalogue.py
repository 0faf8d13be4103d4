"""The catalogue in MongoDB: `items` {_id: item_id, title, ..., encoding, updated_at}."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne
from pymongo.errors import DuplicateKeyError

from app.domain.catalogue import AttributeValue, Encoding, Item, is_number
from app.domain.changes import Collection, Position, Written
from app.domain.errors import Conflict, ItemTaken
from app.domain.ports import ItemRepository
from app.repositories.mongo import (
    Document,
    MongoStore,
    position_of,
    remove_one,
    translated,
    understood,
)

LENGTH = "features_length"
_PLAIN = ("title", "category", "brand", "price", "description", "image_url", "in_stock", "group_id")


class MongoItems(ItemRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._items = store.collection(Collection.ITEMS)

    def add(self, item: Item) -> Written[Item]:
        with self._store.session() as session:
            try:
                self._items.insert_one(_to_document(item), session=session)
            except DuplicateKeyError as error:
                raise ItemTaken(item.item_id) from error
            return Written(item, position_of(session))

    def replace_if_unchanged(self, item: Item, *, seen: Item) -> Written[Item]:
        with self._store.session() as session:
            outcome = self._items.replace_one(
                {"_id": item.item_id, "updated_at": seen.updated_at},
                _to_document(item),
                session=session,
            )
            if not outcome.matched_count:
                raise Conflict("The item was changed at the same time. Try again.")
            return Written(item, position_of(session))

    def replace_many(self, items: Sequence[Item]) -> Position | None:
        documents = {item.item_id: _to_document(item) for item in items}
        if not documents:
            return None
        with self._store.session() as session:
            self._items.bulk_write(
                [ReplaceOne({"_id": key}, d, upsert=True) for key, d in documents.items()],
                ordered=False,
                session=session,
            )
            return position_of(session)

    def replace_many_if_unchanged(self, pairs: Sequence[tuple[Item, Item]]) -> Written[int]:
        if not pairs:
            return Written(0, None)
        requests = [
            ReplaceOne({"_id": seen.item_id, "updated_at": seen.updated_at}, _to_document(item))
            for item, seen in pairs
        ]
        with self._store.session() as session:
            outcome = self._items.bulk_write(requests, ordered=False, session=session)
            return Written(outcome.matched_count, position_of(session))

    def find(self, item_id: str) -> Item | None:
        with translated():
            row = self._items.find_one({"_id": item_id})
        return to_item(row) if row else None

    def count(self) -> int:
        with translated():
            return self._items.estimated_document_count()

    def existing(self, item_ids: Iterable[str]) -> set[str]:
        with translated():
            rows = self._items.find({"_id": {"$in": list(item_ids)}}, {"_id": 1})
            return {row["_id"] for row in rows}

    def created(self, item_ids: Iterable[str]) -> dict[str, datetime]:
        with translated():
            rows = self._items.find({"_id": {"$in": list(item_ids)}}, {"created_at": 1})
            return {row["_id"]: row["created_at"] for row in rows}

    def features_length(self) -> int | None:
        with translated():
            row = self._items.find_one({LENGTH: {"$gt": 0}}, {LENGTH: 1})
        return row[LENGTH] if row else None

    def vector_lengths(self, names: Iterable[str]) -> dict[str, int]:
        lengths: dict[str, int] = {}
        with translated():
            for name in names:
                chosen = {"vectors": {"$elemMatch": {"name": name, "length": {"$gt": 0}}}}
                if row := self._items.find_one({"vectors.name": name} | chosen, chosen):
                    lengths[name] = row["vectors"][0]["length"]
        return lengths

    def page(self, *, after: str | None, limit: int) -> list[Item]:
        condition: Document = {} if after is None else {"_id": {"$gt": after}}
        with translated():
            return [to_item(row) for row in self._items.find(condition).sort("_id", 1).limit(limit)]

    def remove(self, item_id: str) -> Written[bool]:
        return remove_one(self._store, Collection.ITEMS, {"_id": item_id})

    def scan(self) -> Iterator[Item]:
        with translated():
            rows = self._items.find({}, batch_size=5000)
            yield from understood(Collection.ITEMS, rows, to_item)


def to_item(row: Document) -> Item:
    features = row.get("features")
    return Item(
        item_id=row["_id"],
        **{name: row[name] for name in _PLAIN if name in row},
        tags=tuple(row.get("tags") or ()),
        features=None if features is None else tuple(features),
        attributes=_to_attributes(row.get("attributes") or ()),
        vectors=_to_vectors(row.get("vectors") or ()),
        created_at=row.get("created_at"),
        updated_at=row.get("updated_at"),
        encoding=_to_encoding(row.get("encoding")),
    )


def _to_attributes(pairs: Iterable[Document]) -> dict[str, AttributeValue]:
    attributes = {str(pair["name"]): pair["value"] for pair in pairs}
    for name, value in attributes.items():
        if not isinstance(value, str) and not is_number(value):
            raise ValueError(f"attribute {name} is {value!r}")
    return attributes


def _to_vectors(entries: Iterable[Document]) -> dict[str, tuple[float, ...]]:
    try:
        return {str(e["name"]): struct.unpack(f"<{e['length']}d", e["data"]) for e in entries}
    except struct.error as error:
        raise ValueError(f"a vector is not as long as it says: {error}") from error


def _to_encoding(row: Document | None) -> Encoding | None:
    if row is None:
        return None
    return Encoding(row["version"], bytes(row["dims"]), bytes(row["weights"]))


def _to_document(item: Item) -> Document:
    document: dict[str, Any] = {"_id": item.item_id}
    document |= {name: getattr(item, name) for name in _PLAIN}
    document["tags"] = list(item.tags)
    # pairs: MongoDB gives some names of fields a meaning of their own
    document["attributes"] = [{"name": n, "value": v} for n, v in item.attributes.items()]
    document["features"] = None if item.features is None else list(item.features)
    if item.features is not None:
        document[LENGTH] = len(item.features)
    if item.vectors:  # bytes: a list of numbers takes half as much again, and ages to decode
        document["vectors"] = [
            {"name": name, "length": len(v), "data": struct.pack(f"<{len(v)}d", *v)}
            for name, v in item.vectors.items()
        ]
    document["created_at"] = item.created_at
    document["updated_at"] = item.updated_at
    encoding = item.encoding
    document["encoding"] = encoding and {
        "version": encoding.version,
        "dims": encoding.dims,
        "weights": encoding.weights,
    }
    return document
