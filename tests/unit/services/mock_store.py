"""A mongomock database whose writes have places in time, and a feed that follows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import mongomock
from bson import Timestamp
from mongomock.codec_options import CodecOptions

from app.domain.changes import Change, Collection, Position
from app.domain.settings import from_plain
from app.live.projections.projection import Projection
from app.repositories.accounts import to_account
from app.repositories.keys import to_key
from app.repositories.mongo import translated

_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    Collection.USERS: to_account,
    Collection.KEYS: to_key,
    Collection.SETTINGS: from_plain,
}


class MockStore:
    """A `MongoStore` for calls about single documents.

    mongomock knows no sessions: it is given none, and what is written in one is counted here.
    """

    def __init__(self) -> None:
        options = CodecOptions(tz_aware=True)
        self.database: Any = mongomock.MongoClient().get_database("test", codec_options=options)
        self.writes: list[tuple[str, Any]] = []
        """Collection and `_id`, in order."""
        self._next: dict[str, Callable[[], object]] = {}

    def collection(self, name: str) -> Any:
        return _Collection(self, name)

    @contextmanager
    def session(self) -> Iterator[Any]:
        with translated():
            yield SimpleNamespace(operation_time=None)

    def before(self, method: str, act: Callable[[], object]) -> None:
        """Let something happen, once, just before the next call of a collection's method."""
        self._next[method] = act

    def call(self, name: str, method: str, *args: Any, session: Any = None, **options: Any) -> Any:
        self._next.pop(method, lambda: None)()
        outcome = getattr(self.database[name], method)(*args, **options)
        if session is not None:
            self.writes.append((name, args[0].get("_id")))
            session.operation_time = Timestamp(1, len(self.writes))
        return outcome


class _Collection:
    def __init__(self, store: MockStore, name: str) -> None:
        self._store = store
        self._name = name

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            return self._store.call(self._name, method, *args, **options)

        return call


class MockFeed:
    """A feed that is behind until somebody waits for it."""

    def __init__(self, store: MockStore, *projections: Projection) -> None:
        self.waited: list[Position] = []
        self._store = store
        self._projections = projections
        self._applied = 0

    def wait(self, position: Position | None, *, seconds: float = 2.0) -> bool:
        if position is not None:
            self.waited.append(position)
            for name, key in self._store.writes[self._applied : position.increment]:
                self._apply(Collection(name), key)
            self._applied = max(self._applied, position.increment)
        return True

    def _apply(self, collection: Collection, key: Any) -> None:
        row = self._store.database[collection].find_one({"_id": key})
        change = Change(collection, key, _CONVERTERS[collection](row) if row else None)
        for projection in self._projections:
            if collection in projection.collections:
                projection.apply(change)
