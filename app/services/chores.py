"""Background work: at intervals, and once for all processes."""

import secrets
from collections.abc import Callable, Mapping
from threading import Event, Thread

import structlog

from app.domain.errors import AppError, StoreUnavailable
from app.domain.ports import Leases

log = structlog.get_logger(__name__)

_LEASE_SECONDS = 60.0


class Rounds:
    """Does something every `seconds` in a thread of its own; a failure puts it off by one round."""

    def __init__(self, name: str, action: Callable[[], object], *, seconds: float) -> None:
        self._name = name
        self._action = action
        self._seconds = seconds
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin; the first round comes after `seconds`."""
        self._thread = Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a round under way is waited for a moment."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._action()
            except AppError as error:
                log.warning(f"{self._name} put off", reason=error.message)
            except Exception:
                log.exception(f"{self._name} failed")


class Chores(Rounds):
    """Runs each named task every `seconds` in one process of all: whoever holds its lease."""

    def __init__(
        self, leases: Leases, tasks: Mapping[str, Callable[[], object]], *, seconds: float
    ) -> None:
        super().__init__("chores", self.run_once, seconds=seconds)
        self._leases = leases
        self._tasks = tasks
        self._holder = secrets.token_hex(8)

    def run_once(self) -> None:
        for name, task in self._tasks.items():
            if self._leases.acquire(name, self._holder, seconds=_LEASE_SECONDS):
                try:
                    task()
                except StoreUnavailable:
                    raise
                except Exception:  # the others, which erase what must go, are not kept from it
                    log.exception("chore failed", chore=name)
