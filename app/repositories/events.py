"""Events in MongoDB: `events` {_id: {subject, event_id}, kind, item_id, at, received_at, ...}.

The pair is the `_id`, so that a delete event of the change stream names both, an event that is
sent twice is stored once, and one subject's events are a range over `_id`. What is not known is
not stored. `expires`, where it stands, is when MongoDB removes the event by itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bson import MaxKey, MinKey

from app.domain import subjects
from app.domain.changes import Collection, Position, Written
from app.domain.events import NO_CONTEXT, Event, EventContext, EventKey
from app.domain.ports import EventRepository
from app.repositories.mongo import (
    Document,
    MongoStore,
    insert_new,
    position_of,
    translated,
    understood,
)

_SCAN_BATCH = 20_000
_PLAIN = ("quantity", "price", "order_id", "query")
_CONTEXT = ("page", "device", "placement", "country", "recommendation_id")
_FOR_MEMORY = {
    "kind": 1, "item_id": 1, "at": 1, "quantity": 1, "price": 1, "order_id": 1,
    "context.device": 1, "context.country": 1,
}  # fmt: skip


class MongoEvents(EventRepository):
    def __init__(
        self,
        store: MongoStore,
        *,
        keep: timedelta | None = None,
        keep_sessions: timedelta | None = None,
    ) -> None:
        """Events expire `keep` after they happened, sessions' `keep_sessions` after receipt."""
        self._store = store
        self._events = store.collection(Collection.EVENTS)
        self._keep = keep
        self._keep_sessions = keep_sessions

    def add_many(self, events: Sequence[Event]) -> Written[list[bool]]:
        if not events:
            return Written([], None)
        new = [True] * len(events)
        documents = [self._to_document(event) for event in events]
        with self._store.session() as session:
            for index in insert_new(self._events, documents, session):
                new[index] = False
            return Written(new, position_of(session) if any(new) else None)

    def of_subject(
        self, subject: str, *, seconds: float | None = None, limit: int = 0
    ) -> list[Event]:
        with translated(seconds):
            rows = list(self._events.find({"_id": range_of_subject(subject)}).limit(limit))
        events = list(understood(Collection.EVENTS, rows, to_event))
        return sorted(events, key=lambda event: event.at, reverse=True)

    def has_subject(self, subject: str) -> bool:
        with translated():
            return self._events.find_one({"_id": range_of_subject(subject)}, {"_id": 1}) is not None

    def rows_of(self, subject: str) -> Iterator[Event]:
        with translated():
            rows = self._events.find({"_id": range_of_subject(subject)}).sort("_id", 1)
            yield from understood(Collection.EVENTS, rows, to_event)

    def remove_many(self, keys: Sequence[EventKey]) -> Position | None:
        with self._store.session() as session:
            ids = [_to_key(key) for key in keys]
            self._events.delete_many({"_id": {"$in": ids}}, session=session)
            return position_of(session)

    def scan(self) -> Iterator[list[Event]]:
        with translated():
            condition = {"item_id": {"$type": "string"}}
            rows = self._events.find(condition, _FOR_MEMORY, batch_size=_SCAN_BATCH)
            batch: list[Event] = []
            for event in understood(Collection.EVENTS, rows.sort("_id", 1), to_event):
                batch.append(event)
                if len(batch) == _SCAN_BATCH:
                    yield batch
                    batch = []
            yield batch

    def rows(self) -> Iterator[Event]:
        with translated():
            rows = self._events.find({}, batch_size=_SCAN_BATCH).sort("_id", 1)
            yield from understood(Collection.EVENTS, rows, to_event)

    def _to_document(self, event: Event) -> Document:
        document: Document = {
            "_id": _to_key(event.key),
            "kind": event.kind,
            "item_id": event.item_id,
            "at": event.at,
            "received_at": event.received_at,
        }
        for name in _PLAIN:
            if (value := getattr(event, name)) is not None:
                document[name] = value
        if event.context != NO_CONTEXT:
            document["context"] = {
                name: text
                for name in _CONTEXT
                if (text := getattr(event.context, name)) is not None
            }
        if expires := self._expires(event):
            document["expires"] = expires
        return document

    def _expires(self, event: Event) -> datetime | None:
        if self._keep is None and not subjects.is_session(event.key.subject):
            return None
        times = []
        with suppress(OverflowError):  # beyond the calendar: never
            if self._keep is not None:
                times.append(event.at + self._keep)
            if self._keep_sessions is not None and subjects.is_session(event.key.subject):
                times.append(event.received_at + self._keep_sessions)
        return min(times, default=None)


def range_of_subject(subject: str) -> Document:
    """Return the condition on `_id` that selects one subject's events by the index."""
    return {
        "$gte": {"subject": subject, "event_id": MinKey()},
        "$lte": {"subject": subject, "event_id": MaxKey()},
    }


def to_event(row: Document) -> Event:
    """Return the domain object of a stored document, or raise KeyError, TypeError or ValueError."""
    key, item_id = to_event_key(row["_id"]), row["item_id"]
    if not (item_id is None or isinstance(item_id, str)) or not isinstance(row["kind"], str):
        raise TypeError(f"a kind and an item are texts: {row['_id']}")
    at = row["at"]
    if not isinstance(at, datetime):
        raise TypeError(f"an event has a time: {row['_id']}")
    context = row.get("context")
    return Event(
        key,
        row["kind"],
        item_id,
        at,
        row.get("received_at", at),
        row.get("quantity"),
        row.get("price"),
        row.get("order_id"),
        row.get("query"),
        EventContext(**{n: context.get(n) for n in _CONTEXT}) if context else NO_CONTEXT,
    )


def to_event_key(row: Any) -> EventKey:
    """Return the key that an `_id` says, or raise KeyError or TypeError."""
    key = EventKey(row["subject"], row["event_id"])
    if not (isinstance(key.subject, str) and isinstance(key.event_id, str)):
        raise TypeError(f"ids are texts: {row}")
    return key


def _to_key(key: EventKey) -> Document:
    return {"subject": key.subject, "event_id": key.event_id}
