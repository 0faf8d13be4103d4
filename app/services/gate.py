"""The way from a request to the database: short when that is away, and never crowded.

Whoever waits for an answer holds a thread. So each dealing of a request with the database has a
deadline; while the database is known to be away only a probe now and then is let through; and the
last threads are kept for what is answered from memory. Background work passes by.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore, Lock

from app.domain.errors import StoreUnavailable
from app.live.feed import Contact

_SECONDS = 4.0  # for each dealing of a request: the first one that fails ends them all
_AWAY_SECONDS = 3.0  # silence after which the database is held to be away
_DOUBTFUL_SECONDS = 0.8  # silence after which nobody waits for a place any more
_PROBE_SECONDS = 1.0
_PROBE_EVERY = 2.0


class Gate:
    """Lets requests through to the database, `places` of them at a time."""

    def __init__(self, contact: Contact, *, places: int) -> None:
        self._contact = contact
        self._places = BoundedSemaphore(places)
        self._lock = Lock()
        self._next_probe = 0.0
        self._trusted_until = 0.0

    @property
    def is_away(self) -> bool:
        silent = self._contact.silent_seconds() > _AWAY_SECONDS
        return silent and time.monotonic() > self._trusted_until

    def admit(self, patience: float) -> float:
        """Take a place; return how many seconds each dealing may take.

        Waits for a place for `patience` seconds. Raises StoreUnavailable.
        """
        seconds = _SECONDS
        if self.is_away:
            if not self._may_probe():
                raise StoreUnavailable
            seconds = _PROBE_SECONDS
        self._take_place(min(patience, seconds))
        return seconds

    def leave(self) -> None:
        self._places.release()

    def answered(self) -> None:
        """Take note that the database did what it was asked: it may be ahead of the feed."""
        self._trusted_until = time.monotonic() + _AWAY_SECONDS

    def failed(self) -> None:
        self._trusted_until = 0.0

    def _may_probe(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._next_probe:
                return False
            self._next_probe = now + _PROBE_EVERY
            return True

    def _take_place(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self._places.acquire(blocking=False):
            doubtful = self._contact.silent_seconds() > _DOUBTFUL_SECONDS
            if doubtful or time.monotonic() > deadline:
                raise StoreUnavailable
            time.sleep(0.005)


class Visit:
    """One request's dealings with the database. It keeps its place until the request ends."""

    def __init__(self, gate: Callable[[], Gate]) -> None:
        self._find_gate = gate
        self._gate: Gate | None = None
        self._seconds = 0.0
        self._failed = False

    @contextmanager
    def dealing(self, within: float | None) -> Iterator[float]:
        """Give the seconds that one dealing may take, at most `within`. Raises StoreUnavailable."""
        if self._failed:
            raise StoreUnavailable
        gate = self._enter(within)
        try:
            yield self._seconds if within is None else min(within, self._seconds)
        except StoreUnavailable:
            self._failed = True
            gate.failed()
            raise
        gate.answered()

    def enter(self) -> None:
        """Take the place that a dealing will need. Raises StoreUnavailable."""
        if self._failed:
            raise StoreUnavailable
        self._enter(None)

    def end(self) -> None:
        if self._gate is not None:
            self._gate.leave()

    def _enter(self, within: float | None) -> Gate:
        if self._gate is None:
            gate = self._find_gate()
            self._seconds = gate.admit(_SECONDS if within is None else within)
            self._gate = gate
        return self._gate


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def present_visit() -> Visit | None:
    """Return the visit of the request in hand; None for background work."""
    return _visit.get()


@contextmanager
def visiting(gate: Callable[[], Gate]) -> Iterator[None]:
    """Do what the body does for a request: its dealings with the database pass the gate."""
    visit = Visit(gate)
    token = _visit.set(visit)
    try:
        yield
    finally:
        _visit.reset(token)
        visit.end()
