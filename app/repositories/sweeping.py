"""Removes what belongs to something that is being deleted.

A sweep runs in transactions that first look whether the item, or the account, is (still) absent:
what was written after it came back is newer than the transaction's view and stays. It ends with
the first transaction that had room for more: what is written later than its view is seen by its
writer to be marked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pymongo
from pymongo.client_session import ClientSession

from app.domain import subjects
from app.domain.changes import Collection, Written
from app.domain.deletions import Swept
from app.repositories.events import range_of_subject
from app.repositories.mongo import Document, MongoStore, position_of, translated
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
        """Return the condition on what lies in the range, whose time has that name."""

        def condition(session: ClientSession) -> Document | None:
            if self.newer_without_account and self.absent(session):
                return range_
            if self.until is None:
                return None
            return range_ | {time: {"$not": {"$gt": self.until}}}  # also what has no time

        return condition


class Sweep:
    """Removes ratings, events and claims in transactions."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._items = store.collection(Collection.ITEMS)
        self._users = store.collection(Collection.USERS)
        self._sessions = store.collection("sessions")

    def item(self, item_id: str) -> Written[int]:
        """Remove the ratings of an item that is not in the catalogue; return how many."""

        def condition(session: ClientSession) -> Document | None:
            known = self._items.find_one({"_id": item_id}, {"_id": 1}, session=session)
            return {"_id.item_id": item_id} if known is None else None

        return self._remove(Collection.RATINGS, condition)

    def subject(
        self, subject: str, *, until: datetime | None, newer_without_account: bool
    ) -> Written[Swept]:
        """Remove the traces of a subject up to a time, or, where it has no account, all."""

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
