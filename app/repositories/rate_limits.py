"""Rate limits counted in MongoDB; where that is away, each process counts by itself."""

import math
import time
from typing import Any

from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.storage.mongodb import MongoDBStorageBase
from limits.strategies import MovingWindowRateLimiter

from app.domain.errors import StoreUnavailable, TooManyTries
from app.domain.ports import RateLimits
from app.repositories.mongo import MongoStore, translated


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


_TRIES = 3


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
