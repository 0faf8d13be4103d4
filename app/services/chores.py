"""Background work that N workers must do once: whoever holds the lease does it."""

import secrets
from collections.abc import Callable, Mapping

import structlog

from app.domain.errors import StoreUnavailable
from app.domain.ports import Leases
from app.live.rounds import Rounds

log = structlog.get_logger(__name__)

_LEASE_SECONDS = 60.0


class Chores:
    """Runs each named task every `seconds` in one process of all."""

    def __init__(
        self, leases: Leases, tasks: Mapping[str, Callable[[], object]], *, seconds: float
    ) -> None:
        self._leases = leases
        self._tasks = tasks
        self._holder = secrets.token_hex(8)
        self._rounds = Rounds("chores", self.run_once, seconds=seconds)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        """End; a task under way is waited for a moment."""
        self._rounds.stop()

    def run_once(self) -> None:
        for name, task in self._tasks.items():
            if self._leases.acquire(name, self._holder, seconds=_LEASE_SECONDS):
                try:
                    task()
                except StoreUnavailable:
                    raise
                except Exception:  # the others, which erase what must go, are not kept from it
                    log.exception("chore failed", chore=name)
