"""The change stream, read in whole batches.

The two commands behind a change stream are sent by hand: a whole batch arrives with the position
up to which it is complete, and as the bytes that the server sent, so that ratings need no
dictionaries. While a large batch is applied, the next one is fetched.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from bson import decode
from bson.raw_bson import RawBSONDocument
from bson.tz_util import utc
from pymongo.client_session import ClientSession
from pymongo.errors import NetworkTimeout, OperationFailure

from app.domain.changes import Change, ChangeBatch, Collection, Position
from app.domain.errors import HistoryLost, StoreUnavailable
from app.domain.events import EventKey
from app.domain.ports import ChangeLog
from app.domain.ratings import Rating
from app.domain.settings import from_plain
from app.engine.jit import Bytes, Int32s
from app.repositories.accounts import to_account
from app.repositories.bson_kernels import (
    END,
    ITEM,
    ITEM_END,
    RATING,
    START,
    TIME,
    USER,
    USER_END,
    find_events,
    numbers,
    texts,
)
from app.repositories.catalogue import to_item
from app.repositories.deletions import to_deletion
from app.repositories.events import to_event, to_event_key
from app.repositories.keys import to_key
from app.repositories.mongo import Document, MongoStore, understood
from app.repositories.ratings import to_rating

_EPOCH = datetime(1970, 1, 1, tzinfo=utc)
_SMALLEST = 8  # bytes; no document in an array is smaller: type, number, empty document
_BATCH = 2000
_LARGE = 64 * 1024  # bytes of events; for fewer a change of threads costs more than it saves
# Changes that come one by one are fetched a few at a time: a fetch costs as much as fifty changes.
# Whoever writes after a silence is not kept waiting.
_PACE_SECONDS = 0.006
_WAIT_MS = 250  # how long the server waits for something to happen before an empty answer
# A server that is silent for longer than it may wait is frozen, or reads a long history that
# holds nothing for us: it gets twice the time at each new attempt.
_SHORTEST_SECONDS, _LONGEST_SECONDS = 3.0, 60.0
_LOST = {260, 280, 286}  # invalid token, fatal, history lost
_CURSOR_GONE = {43, 237, 175}

_CONVERTERS: dict[str, Callable[[Document], Any]] = {
    Collection.USERS: to_account,
    Collection.KEYS: to_key,
    Collection.ITEMS: to_item,
    Collection.RATINGS: to_rating,
    Collection.SETTINGS: from_plain,
    Collection.EVENTS: to_event,
    Collection.DELETIONS: to_deletion,
}
_PIPELINE: list[Document] = [
    {"$match": {"ns.coll": {"$in": [c.value for c in Collection]}}},
    {
        "$project": {
            "operationType": 1,
            "ns.coll": 1,
            "documentKey": 1,
            "fullDocument": 1,
        }
    },
    # what the key says already is not sent, nor decoded, twice
    {"$unset": ["fullDocument.password_hash", "fullDocument._id"]},
]


class Reply(NamedTuple):
    """What `aggregate` or `getMore` answered."""

    events: bytes
    """The batch, a BSON array."""
    cursor: Document
    """The cursor without its batch."""
    head: Position
    """The newest place the database knew of."""


class MongoChanges(ChangeLog):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._patience = _SHORTEST_SECONDS

    def now(self) -> ChangeBatch:
        with self._store.session() as session:
            reply = self._command(_open(None, batch_size=0), "firstBatch", session)
            kill = {"killCursors": "$cmd.aggregate", "cursors": [reply.cursor["id"]]}
            self._store.database.command(kill, session=session)
        return self._to_batch(reply)

    def follow(self, after: Any) -> Iterator[ChangeBatch]:
        token = after
        while True:
            try:
                for batch in self._read(token):
                    token = batch.resume_token
                    yield batch
            except OperationFailure as error:
                if error.code in _LOST:
                    raise HistoryLost from error
                if error.code not in _CURSOR_GONE:
                    raise
            except StoreUnavailable as error:
                if isinstance(error.__cause__, NetworkTimeout):
                    self._patience = min(2 * self._patience, _LONGEST_SECONDS)
                raise

    def _read(self, token: Any) -> Iterator[ChangeBatch]:
        with (
            self._store.own_session(self._patience) as session,
            ThreadPoolExecutor(1, "changes") as reader,
        ):
            reply = self._command(_open(token, batch_size=_BATCH), "firstBatch", session)
            more = {
                "getMore": reply.cursor["id"],
                "collection": "$cmd.aggregate",
                "batchSize": _BATCH,
                "maxTimeMS": _WAIT_MS,
            }
            fetch = partial(self._command, more, "nextBatch", session)
            asked = 0.0
            while True:
                ahead = reader.submit(fetch) if len(reply.events) >= _LARGE else None
                yield self._to_batch(reply)
                if ahead is None:
                    time.sleep(max(0.0, asked - time.monotonic() + _PACE_SECONDS))
                asked = time.monotonic()
                reply = ahead.result() if ahead else fetch()
                self._patience = _SHORTEST_SECONDS

    def _command(self, command: Document, batch: str, session: ClientSession) -> Reply:
        database = session.client[self._store.database.name]
        options = database.codec_options.with_options(document_class=RawBSONDocument)
        reply = database.command(command, session=session, codec_options=options)
        return to_reply(reply, batch)

    def _to_batch(self, reply: Reply) -> ChangeBatch:
        changes = to_changes(reply.events, self._decoded)
        token = reply.cursor["postBatchResumeToken"]
        # the token of a new stream names the tick after the last write: nothing happened there yet
        position = min(_position_in(token), reply.head)
        if len(changes) >= _BATCH:  # it may end inside a transaction, whose events share one tick
            position = Position(position.seconds, position.increment - 1)
        return ChangeBatch(changes, position, reply.head, token)

    def _decoded(self, event: bytes) -> Change:
        return _to_change(decode(event, self._store.database.codec_options))


def to_reply(raw: RawBSONDocument, batch: str) -> Reply:
    """Take a reply apart; `batch` is the name of its batch, `firstBatch` or `nextBatch`."""
    cursor = bytes(raw["cursor"].raw)
    # nothing that may stand before the batch (id, namespace, token) can hold these bytes
    mark = b"\x04" + batch.encode() + b"\0"
    before, _, rest = cursor.partition(mark)
    end = int.from_bytes(rest[:4], "little")
    fields = before[4:] + rest[end:]
    size = len(fields) + 4
    return Reply(
        events=rest[:end],
        cursor=decode(size.to_bytes(4, "little") + fields),
        head=Position(raw["operationTime"].time, raw["operationTime"].inc),
    )


def to_changes(events: bytes, other: Callable[[bytes], Change]) -> list[Change]:
    """Return the changes of a BSON array of events, in order.

    `other` makes the change of an event that is no rating, or one of another layout.
    """
    raw = np.frombuffer(events, np.uint8)
    spans = np.empty((len(events) // _SMALLEST + 1, 8), np.int32)
    found = spans[: find_events(raw, spans)]
    known = found[:, USER] > 0
    changes = _of_ratings(events, raw, found[known])
    for number in np.flatnonzero(~known).tolist():
        start, end = found[number, START], found[number, END]
        changes.insert(number, other(events[start:end]))
    return changes


def _of_ratings(events: bytes, raw: Bytes, found: Int32s) -> list[Change]:
    user_ids = texts(events, found[:, USER], found[:, USER_END])
    item_ids = texts(events, found[:, ITEM], found[:, ITEM_END])
    values = numbers(raw, found[:, RATING], "<f8").tolist()
    rated = map(Rating, user_ids, item_ids, values, _times(raw, found[:, TIME]))
    ratings: list[Rating | None] = list(rated)
    for number in np.flatnonzero(found[:, RATING] == 0).tolist():  # deleted
        ratings[number] = None
    pairs = zip(user_ids, item_ids, strict=True)
    return list(map(Change, repeat(Collection.RATINGS), pairs, ratings))


def _times(raw: Bytes, places: Int32s) -> list[datetime | None]:
    since = numbers(raw, places, "<i8")
    since[places == 0] = 0
    # numpy makes timedeltas five times as fast as Python
    times: list[datetime | None] = list(map(_EPOCH.__add__, since.view("<m8[ms]").tolist()))
    for number in np.flatnonzero(places == 0).tolist():
        times[number] = None
    return times


def _pair(key: Any) -> Any:
    return (key.get("user_id"), key.get("item_id")) if isinstance(key, dict) else (None, None)


def _event_key(key: Any) -> EventKey:
    try:
        return to_event_key(key)
    except (KeyError, TypeError):  # another hand's: it names nothing that memory holds
        return EventKey("", "")


_KEYS: dict[str, Callable[[Any], Any]] = {
    Collection.RATINGS: _pair,
    Collection.EVENTS: _event_key,
}


def _open(token: Any, *, batch_size: int) -> Document:
    # updateLookup: our own writes replace documents whole, but an operator's hand may not
    stage: Document = {"fullDocument": "updateLookup"}
    if token is not None:
        stage["resumeAfter"] = token
    return {
        "aggregate": 1,
        "pipeline": [{"$changeStream": stage}, *_PIPELINE],
        "cursor": {"batchSize": batch_size},
    }


def _position_in(token: Document) -> Position:
    # a resume token is a key string: type byte 0x82 (timestamp), then seconds and increment
    data = token["_data"]
    return Position(int(data[2:10], 16), int(data[10:18], 16))


def _to_change(event: Document) -> Change:
    kind = event["operationType"]
    if kind in {"dropDatabase", "invalidate"}:
        raise HistoryLost
    collection = Collection(event["ns"]["coll"])
    if "documentKey" not in event:  # drop, rename
        return Change(collection, None)
    key = event["documentKey"]["_id"]
    if collection in _KEYS:
        key = _KEYS[collection](key)
    document = None if kind == "delete" else event.get("fullDocument")
    if document is None:
        return Change(collection, key)
    document["_id"] = event["documentKey"]["_id"]
    value = next(understood(collection, [document], _CONVERTERS[collection]), None)
    return Change(collection, key, value)
