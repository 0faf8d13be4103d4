"""Connection, indexes, schema version, translation of driver errors and of documents."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import pymongo
import structlog
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WTimeoutError,
)
from pymongo.write_concern import WriteConcern

from app.domain.changes import Position, Written
from app.domain.errors import Misconfigured, StoreUnavailable
from app.domain.ports import Store
from app.services.gate import present_visit

log = structlog.get_logger(__name__)
T = TypeVar("T")
Document = dict[str, Any]
SCHEMA_VERSION = 1
_DUPLICATE = 11000
_AWAY = (
    AutoReconnect,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    ExecutionTimeout,
    WTimeoutError,
)
# host gone, network, out of time, shutting down or stepping down, no primary
_AWAY_CODES = frozenset({6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})


@contextmanager
def translated(within: float | None = None) -> Iterator[None]:
    """Turn "the database is away" of any kind into StoreUnavailable.

    What is done for a request passes the gate and has a deadline; `within` is a shorter one, in
    seconds. Background work has none.
    """
    visit = present_visit()
    if visit is None:
        with _translated():
            yield
        return
    with visit.dealing(within) as seconds, _translated(), pymongo.timeout(seconds):
        yield


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise StoreUnavailable from error
    except BulkWriteError as error:
        details = error.details or {}
        codes = {failure["code"] for failure in details.get("writeErrors", ())}
        if details.get("writeConcernErrors") or codes & _AWAY_CODES:
            raise StoreUnavailable from error
        raise
    except OperationFailure as error:
        if error.code in _AWAY_CODES:
            raise StoreUnavailable from error
        raise


class MongoStore(Store):
    """One client and database. Opens no connection before the first call."""

    def __init__(self, uri: str, database: str, *, server_selection_ms: int = 2000) -> None:
        self._connect = partial(
            MongoClient[Document],
            uri,
            connect=False,
            serverSelectionTimeoutMS=server_selection_ms,
            connectTimeoutMS=2000,
            retryWrites=True,
            tz_aware=True,
            datetime_conversion="DATETIME_AUTO",  # one odd time must not make all unreadable
            appname="shelfwise",
        )
        self.client = self._connect(socketTimeoutMS=30_000)
        self._name: str | None = None
        self.database: Database[Document] = self.client.get_database(
            database,
            write_concern=WriteConcern(w="majority", wtimeout=10000),
            read_preference=ReadPreference.PRIMARY,  # whoever looks again must see what is
        )

    def collection(self, name: str) -> Collection[Document]:
        """Return a collection that writes with majority concern."""
        return self.database[name]

    def ping(self) -> None:
        with translated(within=1.0), pymongo.timeout(1.0):
            self.client.admin.command("ping")

    def prepare(self) -> None:
        with translated():
            self._require_replica_set()
            self.database["ratings"].create_index("_id.item_id", name="by_item")
            self.database["items"].create_index(
                "features_length",
                name="by_features_length",
                partialFilterExpression={"features_length": {"$gt": 0}},
            )
            self.database["items"].create_index(
                "vectors.name",
                name="by_vector",
                partialFilterExpression={"vectors.name": {"$exists": True}},
            )
            self.database["deletions"].create_index("at", name="by_time")
            self.database["sessions"].create_index("user_id", name="by_user")
            self.database["erased"].create_index("swept_at", name="by_sweep", sparse=True)
            # MongoDB removes by itself what has expired; it looks once a minute
            for name in ("events", "sessions"):
                self.database[name].create_index(
                    "expires", name="by_expiry", expireAfterSeconds=0, sparse=True
                )
            self._check_version()

    def size(self) -> int:
        with translated():
            names = ("ratings", "items", "users", "events")
            return sum(self.database[name].estimated_document_count() for name in names)

    def installation(self) -> str:
        if self._name is None:
            self._name = self._find_name()
        return self._name

    def _find_name(self) -> str:
        with translated():
            meta = self.database["meta"]
            with suppress(DuplicateKeyError):
                meta.insert_one({"_id": "installation", "name": secrets.token_hex(4)})
            row = meta.find_one({"_id": "installation"}) or {}
        return str(row["name"])

    def close(self) -> None:
        self.client.close()

    def _require_replica_set(self) -> None:
        hello = self.client.admin.command("hello")
        if "setName" in hello:
            return
        raise Misconfigured(
            "This MongoDB is not a replica set, and Shelfwise follows its change stream. "
            "Start mongod with --replSet rs0 and run once: mongosh --eval 'rs.initiate()'"
        )

    def _check_version(self) -> None:
        meta = self.database["meta"]
        try:
            meta.insert_one({"_id": "schema", "version": SCHEMA_VERSION})
        except DuplicateKeyError:
            stored = (meta.find_one({"_id": "schema"}) or {}).get("version")
            if stored != SCHEMA_VERSION:
                raise Misconfigured(
                    f"The database {self.database.name!r} has schema version {stored}, this is "
                    f"version {SCHEMA_VERSION}. Use the release that wrote it, or export and "
                    "import."
                ) from None

    @contextmanager
    def session(self) -> Iterator[ClientSession]:
        with translated(), self.client.start_session() as session:
            yield session

    @contextmanager
    def own_session(self, seconds: float) -> Iterator[ClientSession]:
        """Open a session over connections of its own; `seconds` without an answer mean away."""
        with (
            translated(),
            self._connect(socketTimeoutMS=int(1000 * seconds)) as client,
            client.start_session() as session,
        ):
            yield session


def position_of(session: ClientSession) -> Position | None:
    time = session.operation_time
    return None if time is None else Position(time.time, time.inc)


def remove_one(store: MongoStore, name: str, where: Document) -> Written[bool]:
    """Remove a document; the value tells whether there was one."""
    with store.session() as session:
        found = store.collection(name).delete_one(where, session=session).deleted_count > 0
        return Written(found, position_of(session) if found else None)


def insert_new(
    collection: Collection[Document], documents: Sequence[Document], session: ClientSession
) -> list[int]:
    """Insert documents; return the indexes of those whose `_id` is there already."""
    try:
        collection.insert_many(documents, ordered=False, session=session)
    except BulkWriteError as error:
        details = error.details or {}
        failures = details.get("writeErrors", [])
        # written, but not by a majority in time: a failover could lose it
        if details.get("writeConcernErrors") or any(
            failure["code"] != _DUPLICATE for failure in failures
        ):
            raise
        return [failure["index"] for failure in failures]
    return []


def understood(
    collection: str, rows: Iterable[Document], convert: Callable[[Document], T]
) -> Iterator[T]:
    """Yield domain objects; a document that another hand wrote oddly is left out, and logged."""
    for row in rows:
        try:
            yield convert(row)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("document not understood", collection=str(collection), error=repr(error))
