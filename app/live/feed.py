"""The feed: the only way in which memory changes.

It follows the change log from a point taken before the first load, so that nothing is missed, and
hands each change to the projections of its collection. It knows none of them by name.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from queue import SimpleQueue
from threading import Condition, Event, Thread
from typing import Any, TypeVar

import structlog

from app.domain.changes import START, Change, ChangeBatch, Collection, Position
from app.domain.deletions import Deletion, Doomed
from app.domain.errors import HistoryLost, StoreUnavailable
from app.domain.ports import ChangeLog
from app.live.projections.projection import Later, Projection

log = structlog.get_logger(__name__)
T = TypeVar("T")

Apply = Callable[[Change], None]
Job = Callable[[ChangeBatch], T]
_CHUNK = 64  # changes applied under one hold of the lock: at most about a millisecond
_RETRY_SECONDS = 0.5
_TRUST_SECONDS = 5.0  # a healthy log speaks four times a second


class Contact:
    """Signs of life of the database. A healthy one gives four a second while the feed listens."""

    def __init__(self) -> None:
        self.head = START
        """The newest place in history that the database has told of."""
        self._heard = time.monotonic()
        self._listening = False
        self._lost = False

    def heard(self, head: Position) -> None:
        self.head = max(self.head, head)
        self._heard = time.monotonic()
        self._listening, self._lost = True, False

    def lost(self) -> None:
        """Take note of a command that failed for want of a database."""
        self._lost = True

    def pause(self) -> None:
        """Expect nothing: nobody listens until `heard` is told again."""
        self._listening = False

    def silent_seconds(self) -> float:
        """Return how long ago the last sign of life was; infinity if the last command failed.

        0 while nobody listens.
        """
        if self._lost:
            return float("inf")
        return self.elapsed() if self._listening else 0.0

    def elapsed(self) -> float:
        """Return how many seconds ago the database was heard, whether or not anybody listens."""
        return time.monotonic() - self._heard

    def clock_seconds(self) -> float:
        """Return what the database's clock shows, in Unix seconds, within ten or so.

        It is read from the history alone: the clock of this machine may be set wrong.
        """
        return self.head.seconds + self.elapsed()


class Applier:
    """Loads projections, and hands each change to those of its collection.

    The mark of a deletion has all of them forget whoever is being deleted.
    """

    def __init__(
        self, projections: Sequence[Projection], lock: AbstractContextManager[object]
    ) -> None:
        self._projections = projections
        self._lock = lock
        self._appliers: dict[Collection, list[tuple[str, Apply]]] = {
            collection: [(p.name, p.apply) for p in projections if collection in p.collections]
            for collection in Collection
        }
        self._appliers[Collection.DELETIONS] += [(p.name, _forgetting(p)) for p in projections]

    def load(self) -> None:
        """Make every projection equal to the database. Raises StoreUnavailable."""
        for projection in self._projections:
            started = time.perf_counter()
            projection.load()
            seconds = round(time.perf_counter() - started, 3)
            log.info("projection loaded", projection=projection.name, seconds=seconds)

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply the changes in order; one that cannot be applied is logged and passed over."""
        for start in range(0, len(changes), _CHUNK):
            with self._lock:
                for change in changes[start : start + _CHUNK]:
                    self._apply_one(change)

    def _apply_one(self, change: Change) -> None:
        for name, apply in self._appliers[change.collection]:
            try:
                apply(change)
            except Exception:  # written by another hand: one odd document must not stop the rest
                log.exception("change not applied", projection=name, key=change.key)


def _forgetting(projection: Projection) -> Apply:
    def forget(change: Change) -> None:
        deletion: Deletion | None = change.value
        # the mark of a deletion that is complete says nothing new: the subject may be back
        if deletion and not deletion.complete and deletion.kind is Doomed.SUBJECT:
            projection.forget(deletion.id)

    return forget


class Feed:
    """Keeps every projection equal to the database, in one thread of this process."""

    def __init__(
        self,
        change_log: ChangeLog,
        projections: Sequence[Projection],
        lock: AbstractContextManager[object],
        later: Later | None = None,
    ) -> None:
        """Feed `projections`; what they leave for `later` is done after each batch."""
        self._later = Later() if later is None else later
        self._log = change_log
        self._applier = Applier(projections, lock)
        self.contact = Contact()
        """What is known of the database."""
        self._moved = Condition()
        self._stop = Event()
        self._thread: Thread | None = None
        self.place = ChangeBatch([], START, START, None)
        """Where memory stands, as an empty batch: following may go on from here."""
        self._jobs: SimpleQueue[tuple[Job[Any], Future[Any]]] = SimpleQueue()
        self.applied = 0
        """Changes applied since the start."""
        self.position = START
        """The place in history up to which memory is complete."""
        self.loaded = False
        """Whether memory has been filled and has caught up once."""
        self.reloading = False
        """Whether everything is being loaded anew, while the former state answers."""

    def behind_seconds(self) -> float:
        """Return how far memory is behind the database, as far as this process can know."""
        if not self.loaded:
            return float("inf")
        silence = self.contact.elapsed()
        backlog = max(0, self.contact.head.seconds - self.position.seconds)
        return backlog + (silence if silence > _TRUST_SECONDS else 0.0)

    def start(self, begin: ChangeBatch | None = None) -> None:
        """Load every projection, catch up, and go on following in a thread of its own.

        `begin`: where memory stands already; then nothing is loaded, as long as the history
        reaches back so far. Raises StoreUnavailable when the database is away.
        """
        self._stand(begin or self._load())
        target = self._log.now()
        self.contact.heard(target.head)
        self._thread = Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()
        while not self.wait(target.position, seconds=1.0):
            log.info("feed catching up", position=self.position, target=target.position)
        self.loaded = True

    def stop(self) -> None:
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
            return self._moved.wait_for(lambda: self.position >= position, timeout=seconds)

    def between(self, job: Job[T]) -> T:
        """Run `job` between two batches, while memory does not change; return what it returns.

        It is given the place where memory stands, and runs in the feed's thread: keep it short.
        """
        if self._thread is None:
            return job(self.place)
        outcome: Future[T] = Future()
        self._jobs.put((job, outcome))
        return outcome.result()

    def _do_jobs(self) -> None:
        while not self._jobs.empty():
            self.contact.pause()  # nobody listens meanwhile
            job, outcome = self._jobs.get()
            try:
                outcome.set_result(job(self.place))
            except Exception as error:  # whoever asked is told
                outcome.set_exception(error)

    def _load(self) -> ChangeBatch:
        begin = self._log.now()
        self.contact.heard(begin.head)
        self.contact.pause()  # nobody listens meanwhile
        self._applier.load()
        return begin

    def _run(self) -> None:
        while not self._stop.is_set():
            self._do_jobs()
            try:
                self._reload() if self.reloading else self._follow()
            except HistoryLost:
                log.warning("feed lost its place, loading everything anew")
                self.reloading = True
            except StoreUnavailable:
                log.warning("feed waits for the database")
                self.contact.lost()
                self._stop.wait(_RETRY_SECONDS)
            except Exception:  # the thread must live on: nothing else brings memory up to date
                log.exception("feed stumbled, going on from its last place")
                self._stop.wait(_RETRY_SECONDS)

    def _follow(self) -> None:
        for batch in self._log.follow(self.place.resume_token):
            self._take(batch)
            self._do_jobs()
            if self._stop.is_set():
                return

    def _reload(self) -> None:
        self._stand(self._load())
        self.applied += 1  # whoever looks for something new finds it
        self.reloading = False

    def _take(self, batch: ChangeBatch) -> None:
        self.contact.heard(batch.head)
        self._applier.apply(batch.changes)
        if self._later:
            self.contact.pause()  # nobody listens meanwhile
            self._later.run()
        self.applied += len(batch.changes)
        self._stand(batch)

    def _stand(self, batch: ChangeBatch) -> None:
        with self._moved:
            self.place = replace(batch, changes=[])
            self.position = max(self.position, batch.position)
            self._moved.notify_all()
