"""Background work at intervals."""

from collections.abc import Callable
from threading import Event, Thread

import structlog

from app.domain.errors import AppError

log = structlog.get_logger(__name__)


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
