"""Takes those who were erased out of the stored models that know single shoppers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app.domain.models import FittingElsewhere, ModelRecord
from app.domain.ports import ErasedRepository, Leases
from app.learning.alone import alone
from app.learning.departed import Departed
from app.learning.library import ModelLibrary

log = structlog.get_logger(__name__)

_EVERY = timedelta(minutes=10)
_SETTLING = timedelta(seconds=1)  # memory that looks may be so much behind


class ModelClearing:
    """One process of all calls this now and then; it looks at most every `every`."""

    def __init__(
        self,
        library: ModelLibrary,
        departed: Departed,
        erased: ErasedRepository,
        leases: Leases,
        *,
        now: Callable[[], datetime],
        every: timedelta = _EVERY,
    ) -> None:
        self._library = library
        self._departed = departed
        self._erased = erased
        self._leases = leases
        self._now = now
        self._every = every
        self._looked_at: datetime | None = None

    def clear(self) -> int:
        """Store those versions anew that may hold somebody who was erased; return how many."""
        now = self._now()
        if self._looked_at is not None and now - self._looked_at < self._every:
            return 0
        self._looked_at = now
        personal = [(r, r.cleared_at) for r in self._library.records() if r.cleared_at is not None]
        latest = self._last_erased() if personal else None
        if latest is None:
            return 0
        return sum(self._clear(record) for record, at in personal if at <= latest + _SETTLING)

    def _last_erased(self) -> datetime | None:
        # the list knows of erasures that a backup of the database does not
        known = (self._erased.last_swept(), self._departed.last_erased())
        return max((at for at in known if at is not None), default=None)

    def _clear(self, record: ModelRecord) -> bool:
        try:
            with alone(self._leases, record.kind):  # a fit removes contents without a version
                return self._store_anew(record)
        except FittingElsewhere:
            self._looked_at = None  # the next round looks again, and need not wait
            return False

    def _store_anew(self, record: ModelRecord) -> bool:
        now = self._now()
        fitted = self._library.read(record)
        gone = self._departed.leave(fitted)
        if not self._library.replace(replace(fitted, record=replace(record, cleared_at=now))):
            return False
        log.info("model stored without who has left", model=record.name, users=gone)
        return True
