"""Ratings in MongoDB: `ratings` {_id: {user_id, item_id}, rating, rated_at}.

The pair is the `_id`, so that a delete event of the change stream names both. One shopper's
ratings are a range over `_id`; `_id.user_id` alone would scan the collection.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import isfinite
from typing import Any, cast

import numpy as np
import pymongo
from bson import MaxKey, MinKey, decode_all
from pymongo import ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from app.domain.changes import Collection, Position, Written
from app.domain.ports import RatingRepository
from app.domain.ratings import Rating, RatingBatch
from app.repositories.bson_kernels import find_ratings, numbers, texts
from app.repositories.mongo import (
    Document,
    MongoStore,
    insert_new,
    position_of,
    remove_one,
    translated,
    understood,
)

_SMALLEST = 60  # bytes; no document of this layout is smaller
_SCAN_BATCH = 20_000
_SAMPLE = 20  # ratings looked up to tell whether a batch was stored before


class MongoRatings(RatingRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._ratings = store.collection(Collection.RATINGS)

    def put(self, rating: Rating) -> Position | None:
        document = _to_document(rating)
        with self._store.session() as session:
            try:
                outcome = self._ratings.replace_one(
                    {"_id": document["_id"]}, document, upsert=True, session=session
                )
            except DuplicateKeyError:  # two first ratings at once: the loser replaces
                outcome = self._ratings.replace_one(
                    {"_id": document["_id"]}, document, session=session
                )
            changed = outcome.modified_count or outcome.upserted_id is not None
            return position_of(session) if changed else None

    def put_many(self, ratings: Sequence[Rating]) -> Position | None:
        documents = {(r.user_id, r.item_id): _to_document(r) for r in ratings}
        if not documents:
            return None
        # New ones are inserted (three times the rate of upserts), what was there is replaced, and
        # what is the same is left alone: an import that is repeated is mostly reads.
        with self._store.session() as session:
            rest = list(documents.values())
            if not self._mostly_stored(rest, session):
                rest = [rest[index] for index in insert_new(self._ratings, rest, session)]
            changed = self._changed(rest, session)
            if changed:
                replacements = [ReplaceOne({"_id": d["_id"]}, d, upsert=True) for d in changed]
                self._ratings.bulk_write(replacements, ordered=False, session=session)
            return position_of(session)

    def _mostly_stored(self, documents: list[Document], session: ClientSession) -> bool:
        sample = [document["_id"] for document in documents[:: len(documents) // _SAMPLE + 1]]
        found = self._ratings.count_documents({"_id": {"$in": sample}}, session=session)
        return 2 * found > len(sample)

    def _changed(self, documents: list[Document], session: ClientSession) -> list[Document]:
        if not documents:
            return []
        keys = [document["_id"] for document in documents]
        stored = {
            (row["_id"]["user_id"], row["_id"]["item_id"]): row
            for row in self._ratings.find({"_id": {"$in": keys}}, session=session)
        }
        return [d for d in documents if stored.get((d["_id"]["user_id"], d["_id"]["item_id"])) != d]

    def take_back(self, rating: Rating) -> Position | None:
        return remove_one(self._store, Collection.RATINGS, _to_document(rating)).position

    def remove(self, user_id: str, item_id: str) -> Written[bool]:
        return remove_one(self._store, Collection.RATINGS, {"_id": _key(user_id, item_id)})

    def of_user(self, user_id: str) -> list[Rating]:
        with translated():
            rows = self._ratings.find({"_id": range_of_user(user_id)}).sort("rated_at", -1)
            return list(understood(Collection.RATINGS, rows, to_rating))

    def values_of(self, user_id: str, *, seconds: float) -> dict[str, float]:
        with translated(within=seconds), pymongo.timeout(seconds):
            rows = self._ratings.find({"_id": range_of_user(user_id)}, {"rating": 1})
            return dict(understood(Collection.RATINGS, rows, _to_value))

    def has_user(self, user_id: str) -> bool:
        with translated():
            return self._ratings.find_one({"_id": range_of_user(user_id)}, {"_id": 1}) is not None

    def rows_of(self, user_id: str) -> Iterator[Rating]:
        with translated():
            rows = self._ratings.find({"_id": range_of_user(user_id)}).sort("_id", 1)
            yield from understood(Collection.RATINGS, rows, to_rating)

    def scan(self) -> Iterator[RatingBatch]:
        with translated(), ThreadPoolExecutor(1, "scan") as fetcher:
            cursor = self._ratings.find_raw_batches({}, {"rating": 1}, batch_size=_SCAN_BATCH)
            following = fetcher.submit(next, cursor, b"")
            while data := following.result():
                following = fetcher.submit(next, cursor, b"")
                yield to_batch(cast(bytes, data))

    def rows(self) -> Iterator[Rating]:
        with translated():
            rows = self._ratings.find({}).sort("_id", 1)
            yield from understood(Collection.RATINGS, rows, to_rating)


def range_of_user(user_id: str) -> Document:
    """Return the condition on `_id` that selects one shopper's ratings by the index."""
    return {"$gte": _key(user_id, MinKey()), "$lte": _key(user_id, MaxKey())}


def to_rating(row: Document) -> Rating:
    """Return the domain object of a stored document, or raise KeyError, TypeError or ValueError."""
    user_id, item_id, value = row["_id"]["user_id"], row["_id"]["item_id"], row["rating"]
    if not (isinstance(user_id, str) and isinstance(item_id, str)):
        raise TypeError(f"ids are texts: {row['_id']}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError(f"a rating is a finite number: {value!r}")
    rated_at = row.get("rated_at")
    # beyond the years that Python knows the driver gives something else
    return Rating(
        user_id, item_id, float(value), rated_at if isinstance(rated_at, datetime) else None
    )


def to_batch(data: bytes) -> RatingBatch:
    """Return the columns of concatenated `{_id: {user_id, item_id}, rating}` documents."""
    raw = np.frombuffer(data, np.uint8)
    spans = np.empty((len(data) // _SMALLEST + 1, 5), np.int32)
    count = find_ratings(raw, spans)
    if count < 0:
        return _decoded(data)
    found = spans[:count]
    values = numbers(raw, found[:, 4], "<f8")
    if not np.isfinite(values).all():
        return _decoded(data)
    user_ids = texts(data, found[:, 0], found[:, 1])
    item_ids = texts(data, found[:, 2], found[:, 3])
    return RatingBatch(user_ids, item_ids, values.tolist())


def _decoded(data: bytes) -> RatingBatch:
    rows = list(understood(Collection.RATINGS, decode_all(data), _row))
    return RatingBatch([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _row(row: Document) -> tuple[str, str, float]:
    rating = to_rating(row)
    return rating.user_id, rating.item_id, rating.rating


def _to_value(row: Document) -> tuple[str, float]:
    return str(row["_id"]["item_id"]), float(row["rating"])


def _key(user_id: str, item_id: Any) -> Document:
    return {"user_id": user_id, "item_id": item_id}


def _to_document(rating: Rating) -> Document:
    return {
        "_id": _key(rating.user_id, rating.item_id),
        "rating": float(rating.rating),
        "rated_at": rating.rated_at,
    }
