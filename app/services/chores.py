"""Background work that N workers must do once: whoever holds the lease does it."""

import secrets
from collections.abc import Callable, Mapping
from threading import Event, Thread

import structlog

from app.domain.errors import AppError
from app.domain.ports import Leases

log = structlog.get_logger(__name__)

_LEASE_SECONDS = 60.0


class Chores:
    """Runs each named task every `seconds` in one process of all."""

    def __init__(
        self, leases: Leases, tasks: Mapping[str, Callable[[], object]], *, seconds: float
    ) -> None:
        self._leases = leases
        self._tasks = tasks
        self._seconds = seconds
        self._holder = secrets.token_hex(8)
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = Thread(target=self._run, name="chores", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a task under way is waited for a moment."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def run_once(self) -> None:
        """Run every task whose lease can be had."""
        for name, task in self._tasks.items():
            if self._leases.acquire(name, self._holder, seconds=_LEASE_SECONDS):
                task()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.run_once()
            except AppError as error:
                log.warning("chores put off", reason=error.message)
            except Exception:
                log.exception("a chore failed")
