"""The feed: the only way in which memory changes.

It follows the change log from a point taken before the first load, so that nothing is missed, and
hands each change to the projections of its collection. It knows none of them by name.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from threading import Condition, Event, Thread

import structlog

from app.domain.changes import START, Change, ChangeBatch, Collection, Position
from app.domain.errors import HistoryLost, StoreUnavailable
from app.domain.ports import ChangeLog
from app.services.projections.projection import Projection

log = structlog.get_logger(__name__)

_CHUNK = 64  # changes applied under one hold of the lock: at most about a millisecond
_RETRY_SECONDS = 0.5
_TRUST_SECONDS = 5.0  # a healthy log speaks four times a second


class Feed:
    """Keeps every projection equal to the database, in one thread of this process."""

    def __init__(
        self,
        change_log: ChangeLog,
        projections: Sequence[Projection],
        lock: AbstractContextManager[object],
    ) -> None:
        self._log = change_log
        self._projections = projections
        self._by_collection: dict[Collection, list[Projection]] = {c: [] for c in Collection}
        for projection in projections:
            for collection in projection.collections:
                self._by_collection[collection].append(projection)
        self._lock = lock
        self._moved = Condition()
        self._stop = Event()
        self._thread: Thread | None = None
        self._position = START
        self._head = START
        self._heard = 0.0
        self._loaded = False

    @property
    def position(self) -> Position:
        """Return the place in history up to which memory is complete."""
        return self._position

    @property
    def loaded(self) -> bool:
        """Return whether memory has been filled and has caught up once."""
        return self._loaded

    def behind_seconds(self) -> float:
        """Return how far memory is behind the database, as far as this process can know."""
        if not self._loaded:
            return float("inf")
        silence = time.monotonic() - self._heard
        backlog = max(0, self._head.seconds - self._position.seconds)
        return backlog + (silence if silence > _TRUST_SECONDS else 0.0)

    def start(self) -> None:
        """Load every projection, catch up, and go on following in a thread of its own.

        Raises StoreUnavailable when the database is away.
        """
        begin = self._load()
        self._thread = Thread(target=self._run, args=(begin,), name="feed", daemon=True)
        target = self._log.now().position
        self._thread.start()
        while not self.wait(target, seconds=1.0):
            log.info("feed catching up", position=self._position, target=target)
        self._loaded = True

    def stop(self) -> None:
        """Stop following; memory stays as it is."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def wait(self, position: Position | None, *, seconds: float = 2.0) -> bool:
        """Wait until memory holds the change at `position`; return whether it does.

        Without a running feed (a command line) there is no memory to wait for.
        """
        if position is None or self._thread is None:
            return True
        with self._moved:
            return self._moved.wait_for(lambda: self._position >= position, timeout=seconds)

    def _load(self) -> ChangeBatch:
        begin = self._log.now()
        for projection in self._projections:
            started = time.perf_counter()
            projection.load()
            seconds = round(time.perf_counter() - started, 3)
            log.info("projection loaded", projection=projection.name, seconds=seconds)
        return begin

    def _run(self, begin: ChangeBatch) -> None:
        token = begin.resume_token
        while not self._stop.is_set():
            try:
                for batch in self._log.follow(token):
                    self._take(batch)
                    token = batch.resume_token
                    if self._stop.is_set():
                        return
            except HistoryLost:
                log.warning("feed lost its place, loading everything anew")
                token = self._retry(self._load, token)
            except StoreUnavailable:
                log.warning("feed waits for the database")
                self._stop.wait(_RETRY_SECONDS)
            except Exception:
                log.exception("feed stumbled, going on from its last place")
                self._stop.wait(_RETRY_SECONDS)

    def _retry(self, load: Callable[[], ChangeBatch], token: object) -> object:
        try:
            return load().resume_token
        except StoreUnavailable:
            log.warning("feed waits for the database")
        except Exception:  # the thread must live on: nothing else can bring memory up to date
            log.exception("feed could not load, trying again")
        self._stop.wait(_RETRY_SECONDS)
        return token

    def _apply(self, change: Change) -> None:
        for projection in self._by_collection[change.collection]:
            try:
                projection.apply(change)
            except Exception:  # written by another hand: one odd document must not stop the rest
                log.exception("change not applied", projection=projection.name, key=change.key)

    def _take(self, batch: ChangeBatch) -> None:
        for chunk in _chunks(batch.changes):
            with self._lock:
                for change in chunk:
                    self._apply(change)
        with self._moved:
            self._position = max(self._position, batch.position)
            self._head = batch.head
            self._heard = time.monotonic()
            self._moved.notify_all()


def _chunks(changes: list[Change]) -> Iterator[list[Change]]:
    for start in range(0, len(changes), _CHUNK):
        yield changes[start : start + _CHUNK]
