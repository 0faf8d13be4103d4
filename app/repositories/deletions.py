"""What is being deleted: `deletions` {_id: {kind, id}, at}, and the sweep of ratings.

A sweep runs in transactions that first check that the item is (still) absent: a rating given
after the item came back is newer than the transaction's snapshot and stays.
"""

from collections.abc import Callable
from datetime import datetime

from pymongo.client_session import ClientSession

from app.domain.changes import Collection, Written
from app.repositories.mongo import Document, MongoStore, position_of, translated
from app.repositories.ratings import range_of_user

_CHUNK = 5000  # deletes in one transaction: a fraction of a second
_ITEM, _USER = "item", "user"


class MongoDeletions:
    """Keeps the promises of `DeletionRepository`."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._marks = store.collection("deletions")
        self._items = store.collection(Collection.ITEMS)
        self._users = store.collection(Collection.USERS)
        self._ratings = store.collection(Collection.RATINGS)

    def mark_item(self, item_id: str, at: datetime) -> None:
        """Remember that the item is being deleted."""
        self._mark(_ITEM, item_id, at)

    def mark_user(self, user_id: str, at: datetime) -> None:
        """Remember that the shopper is being deleted."""
        self._mark(_USER, user_id, at)

    def marked_users(self) -> list[datetime]:
        """Return when each shopper was marked who is being deleted just now."""
        with translated():
            return [row["at"] for row in self._marks.find({"_id.kind": _USER}, {"at": 1})]

    def user_is_marked(self, user_id: str) -> bool:
        """Return whether the shopper is being deleted just now."""
        with translated():
            return self._marks.find_one({"_id": _key(_USER, user_id)}) is not None

    def sweep_item(self, item_id: str) -> Written[int]:
        """Remove the ratings of an item that is not in the catalogue; return how many."""

        def absent(session: ClientSession) -> bool:
            return self._items.find_one({"_id": item_id}, {"_id": 1}, session=session) is None

        return self._sweep({"_id.item_id": item_id}, absent)

    def sweep_user(self, user_id: str) -> Written[int]:
        """Remove the ratings of a shopper without an account; return how many."""

        def absent(session: ClientSession) -> bool:
            return self._users.find_one({"_id": user_id}, {"_id": 1}, session=session) is None

        return self._sweep({"_id": range_of_user(user_id)}, absent)

    def sweep_marked(self, before: datetime) -> int:
        """Sweep everything marked before that time once more and drop the marks."""
        swept = 0
        with translated():
            marks = list(self._marks.find({"at": {"$lt": before}}))
        for mark in marks:
            key = mark["_id"]
            sweep = self.sweep_item if key["kind"] == _ITEM else self.sweep_user
            swept += sweep(key["id"]).value
            with translated():
                self._marks.delete_one(mark)  # only as it was read: a newer mark stays
        return swept

    def _mark(self, kind: str, id_: str, at: datetime) -> None:
        key = _key(kind, id_)
        with translated():
            self._marks.replace_one({"_id": key}, {"_id": key, "at": at}, upsert=True)

    def _sweep(self, condition: Document, absent: Callable[[ClientSession], bool]) -> Written[int]:
        def chunk(session: ClientSession) -> int:
            if not absent(session):
                return 0
            rows = self._ratings.find(condition, {"_id": 1}, session=session).limit(_CHUNK)
            keys = [row["_id"] for row in rows]
            if keys:
                self._ratings.delete_many({"_id": {"$in": keys}}, session=session)
            return len(keys)

        swept, position = 0, None
        while True:
            with self._store.session() as session:  # each with the time that one dealing may take
                removed = session.with_transaction(chunk)
                if not removed:  # it has no place: nobody can see it
                    return Written(swept, position)
                swept += removed
                position = position_of(session)


def _key(kind: str, id_: str) -> Document:
    return {"kind": kind, "id": id_}
