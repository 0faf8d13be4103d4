"""What workers share through MongoDB: leases, counts of tries, marks of what was done once.

`leases` {_id: name, holder, until} are judged by the database's clock alone; a mark is `meta`
{_id: "done:" + name}. Where the database is away, each process counts tries by itself.
"""

import math
import time
from datetime import UTC, datetime
from typing import Any

from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.storage.mongodb import MongoDBStorageBase
from limits.strategies import MovingWindowRateLimiter
from pymongo import ReturnDocument

from app.domain.errors import StoreUnavailable, TooManyTries
from app.domain.ports import Leases, RateLimits
from app.repositories.mongo import MongoStore, translated

_TRIES = 3
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MongoLeases(Leases):
    def __init__(self, store: MongoStore) -> None:
        self._leases = store.collection("leases")

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        me = {"$literal": holder}
        free = {"$lt": [{"$ifNull": ["$until", _LONG_AGO]}, "$$NOW"]}
        until = {"$add": ["$$NOW", int(seconds * 1000)]}
        with translated():
            lease = self._leases.find_one_and_update(
                {"_id": name},
                [
                    {"$set": {"mine": {"$or": [{"$eq": ["$holder", me]}, free]}}},
                    {
                        "$set": {
                            "holder": {"$cond": ["$mine", me, "$holder"]},
                            "until": {"$cond": ["$mine", until, "$until"]},
                        }
                    },
                    {"$unset": "mine"},
                ],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return lease is not None and lease["holder"] == holder


class _SharedClient(MongoDBStorageBase):
    """The library's storage over a client that somebody else opens and closes."""

    STORAGE_SCHEME = None

    def __init__(self, store: MongoStore) -> None:
        self._client = store.client
        super().__init__(
            "mongodb://",
            database_name=store.database.name,
            counter_collection_name="limit_counters",
            window_collection_name="limit_windows",
            wrap_exceptions=True,
        )

    def _init_mongo_client(self, uri: str | None, **options: Any) -> Any:
        return self._client

    def __del__(self) -> None:
        """Leave the client open."""


class MongoRateLimits(RateLimits):
    def __init__(self, store: MongoStore) -> None:
        self._shared = MovingWindowRateLimiter(_SharedClient(store))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, limit: str, kind: str, key: str) -> None:
        try:
            self._hit_shared(limit, kind, key)
        except StoreUnavailable:
            self._hit(self._own, limit, kind, key)

    def _hit_shared(self, limit: str, kind: str, key: str) -> None:
        with translated():
            try:
                self._hit(self._shared, limit, kind, key)
            except StorageError as error:
                raise StoreUnavailable from error

    @staticmethod
    def _hit(limiter: MovingWindowRateLimiter, limit: str, kind: str, key: str) -> None:
        item = parse(limit)
        for _ in range(_TRIES):
            if limiter.hit(item, kind, key):
                return
            stats = limiter.get_window_stats(item, kind, key)
            if stats.remaining <= 0:
                break  # else two first tries met, and the library says no to one of them
        raise TooManyTries(max(1, math.ceil(stats.reset_time - time.time())))


class MongoMarkers:
    def __init__(self, store: MongoStore) -> None:
        self._meta = store.collection("meta")

    def has(self, name: str) -> bool:
        with translated():
            return self._meta.find_one({"_id": f"done:{name}"}) is not None

    def set(self, name: str) -> None:
        key = {"_id": f"done:{name}"}
        with translated():
            self._meta.replace_one(key, key, upsert=True)
