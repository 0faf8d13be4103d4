"""What is being deleted: `deletions` {_id: {kind, id}, at, digest, complete}.

A mark that is stored whole has memory forget whoever it is of; what is added to it later has not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pymongo
from pymongo.client_session import ClientSession

from app.domain import subjects
from app.domain.changes import Collection, Position, Written
from app.domain.deletions import Deletion, Doomed, Swept
from app.domain.ports import DeletionRepository
from app.repositories.events import range_of_subject
from app.repositories.mongo import Document, MongoStore, position_of, translated, understood
from app.repositories.ratings import range_of_user

_CHUNK = 5000  # deletes in one transaction: a fraction of a second
Condition = Callable[[ClientSession], Document | None]
"""What to remove, as the transaction sees it; None: nothing."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Up to when the traces of a subject go: all of them where it has no account, if so asked."""

    absent: Callable[[ClientSession], bool]
    until: datetime | None
    newer_without_account: bool

    def of(self, range_: Document, time: str) -> Condition:
        def condition(session: ClientSession) -> Document | None:
            if self.newer_without_account and self.absent(session):
                return range_
            if self.until is None:
                return None
            return range_ | {time: {"$not": {"$gt": self.until}}}  # also what has no time

        return condition


class MongoDeletions(DeletionRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._marks = store.collection(Collection.DELETIONS)
        self._items = store.collection(Collection.ITEMS)
        self._users = store.collection(Collection.USERS)
        self._sessions = store.collection("sessions")

    def mark_item(self, item_id: str, at: datetime) -> None:
        self._mark({"_id": _key(Doomed.ITEM, item_id), "at": at})

    def mark_subject(self, subject: str, at: datetime, digest: str) -> Position | None:
        key = _key(Doomed.SUBJECT, subject)
        return self._mark({"_id": key, "at": at, "digest": digest, "complete": False})

    def _mark(self, document: Document) -> Position | None:
        with self._store.session() as session:
            where = {"_id": document["_id"]}
            self._marks.replace_one(where, document, upsert=True, session=session)
            return position_of(session)

    def completed(self, subject: str, at: datetime) -> None:
        where = {"_id": _key(Doomed.SUBJECT, subject), "at": at}
        with translated():
            self._marks.update_one(where, {"$set": {"complete": True}})

    def subjects_marked(self, subjects: Iterable[str]) -> set[str]:
        keys = [_key(Doomed.SUBJECT, subject) for subject in subjects]
        with translated():
            return {row["_id"]["id"] for row in self._marks.find({"_id": {"$in": keys}})}

    def marked(self, before: datetime) -> list[Deletion]:
        with translated():
            rows = list(self._marks.find({"at": {"$lt": before}}))
        return list(understood(Collection.DELETIONS, rows, to_deletion))

    def unmark(self, deletion: Deletion) -> None:
        where = {"_id": _key(deletion.kind, deletion.id), "at": deletion.at}
        with translated():
            self._marks.delete_one(where)

    def sweep_item(self, item_id: str) -> Written[int]:
        def condition(session: ClientSession) -> Document | None:
            known = self._items.find_one({"_id": item_id}, {"_id": 1}, session=session)
            return {"_id.item_id": item_id} if known is None else None

        return self._remove(Collection.RATINGS, condition)

    def sweep_subject(self, subject: str, *, until: datetime | None) -> Written[Swept]:
        return self._sweep(subject, until=until, newer_without_account=True)

    def erase(self, subject: str, *, until: datetime) -> Written[Swept]:
        return self._sweep(subject, until=until, newer_without_account=False)

    def _sweep(
        self, subject: str, *, until: datetime | None, newer_without_account: bool
    ) -> Written[Swept]:
        def absent(session: ClientSession) -> bool:
            return self._users.find_one({"_id": subject}, {"_id": 1}, session=session) is None

        bounds = _Bounds(absent, until, newer_without_account)
        ratings = bounds.of({"_id": range_of_user(subject)}, "rated_at")
        claims = bounds.of({"user_id": subject}, "claimed_at")
        removed_ratings = self._remove(Collection.RATINGS, ratings)
        owned = [subject, *map(subjects.of_session, self._claimed(subject))]
        events = [self._events(bounds, each) for each in owned]
        sessions = self._remove("sessions", claims)
        positions = [w.position for w in (removed_ratings, *events) if w.position is not None]
        swept = Swept(removed_ratings.value, sum(w.value for w in events), sessions.value)
        return Written(swept, max(positions, default=None))

    def _events(self, bounds: _Bounds, subject: str) -> Written[int]:
        condition = bounds.of({"_id": range_of_subject(subject)}, "received_at")
        return self._remove(Collection.EVENTS, condition)

    def _claimed(self, user_id: str) -> list[str]:
        """Return the shopper's sessions; their last events may still be on their way to it."""
        with translated():
            rows = self._sessions.find({"user_id": user_id}, {"_id": 1})
            return [row["_id"] for row in rows.sort("_id", pymongo.ASCENDING)]

    def _remove(self, name: str, condition: Condition) -> Written[int]:
        collection = self._store.collection(name)

        def chunk(session: ClientSession) -> int:
            where = condition(session)
            if where is None:
                return 0
            rows = collection.find(where, {"_id": 1}, session=session).limit(_CHUNK)
            keys = [row["_id"] for row in rows]
            if keys:
                collection.delete_many({"_id": {"$in": keys}}, session=session)
            return len(keys)

        swept, position = 0, None
        while True:
            with self._store.session() as session:  # each with the time that one dealing may take
                removed = session.with_transaction(chunk)
                if removed:  # one without a write has no place
                    position = position_of(session)
                swept += removed
                if removed < _CHUNK:
                    return Written(swept, position)


def to_deletion(row: Document) -> Deletion:
    """Return the domain object of a stored document, or raise KeyError, TypeError or ValueError."""
    key: Any = row["_id"]
    complete = bool(row.get("complete", False))
    return Deletion(Doomed(key["kind"]), key["id"], row["at"], row.get("digest"), complete)


def _key(kind: Doomed, id_: str) -> Document:
    return {"kind": kind.value, "id": id_}
