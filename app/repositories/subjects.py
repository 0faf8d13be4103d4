"""Whom the database knows, by whatever trace they left."""

from collections.abc import Iterator

from bson import MaxKey

from app.domain.changes import Collection
from app.domain.ports import SubjectRepository
from app.repositories.mongo import Document, MongoStore, translated

_AT_ONCE = 100  # keys: many subjects have few, and some have very many


class MongoSubjects(SubjectRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store

    def known(self) -> Iterator[str]:
        yield from self._plain(Collection.USERS, "_id")
        yield from self._plain("sessions", "user_id")
        yield from self._first_of_pairs(Collection.RATINGS, "user_id", "item_id")
        yield from self._first_of_pairs(Collection.EVENTS, "subject", "event_id")

    def _plain(self, name: str, field: str) -> Iterator[str]:
        with translated():
            for row in self._store.collection(name).find({}, {field: 1}):
                if isinstance(row.get(field), str):
                    yield row[field]

    def _first_of_pairs(self, name: str, first: str, second: str) -> Iterator[str]:
        """Read a few keys and leap over the rest of the last one's subject, by the index alone."""
        collection = self._store.collection(name)
        after: object = {}  # documents alone are greater: an `_id` of another type is foreign
        while True:
            with translated():
                rows = collection.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1)
                keys: list[Document] = [row["_id"] for row in rows.limit(_AT_ONCE)]
            yield from {key[first]: None for key in keys if isinstance(key.get(first), str)}
            if not keys:
                return
            last = keys[-1]
            known = isinstance(last.get(first), str)
            after = {first: last[first], second: MaxKey()} if known else last
