"""Sees to it that a model that was fitted earlier holds nobody who has left since."""

from datetime import datetime

import structlog

from app.domain.errors import ErasuresUnusable
from app.domain.ports import ErasureList
from app.learning.fitted import FittedModel
from app.live.memory import Tables

log = structlog.get_logger(__name__)

_AT_ONCE = 512  # users looked up under one hold of the lock: a fraction of a millisecond


class Departed:
    """Knows who has left: whoever memory does not know, and who was erased since and came back."""

    def __init__(self, tables: Tables, listed: ErasureList) -> None:
        self._tables = tables
        self._listed = listed

    def leave(self, fitted: FittedModel) -> int:
        """Have the model forget them; return how many they were. Memory is complete."""
        if fitted.users is None:
            return 0
        erased = self._erased_since(fitted)
        size = len(fitted.users)
        parts = (range(at, min(at + _AT_ONCE, size)) for at in range(0, size, _AT_ONCE))
        return sum(self._leave(fitted, rows, erased) for rows in parts)

    def last_erased(self) -> datetime | None:
        """Return when somebody was erased last, as this machine's list knows it."""
        try:
            found = self._listed.read()
        except ErasuresUnusable:
            return None
        return None if found is None else max(found.at.values(), default=None)

    def _leave(self, fitted: FittedModel, rows: range, erased: "_Erased") -> int:
        with self._tables.lock:
            gone = [
                row
                for row, user_id in fitted.user_ids(rows).items()
                if self._tables.users.row(user_id) is None or erased.has(user_id)
            ]
            for row in gone:
                fitted.forget(row)
        return len(gone)

    def _erased_since(self, fitted: FittedModel) -> "_Erased":
        try:
            return _Erased(self._listed, fitted)
        except ErasuresUnusable as error:  # whom memory does not know leaves all the same
            log.error("erasures not compared with a model", reason=error.message)
            return _Erased(None, fitted)


class _Erased:
    """Who was erased since a model was fitted, as this machine's list knows it."""

    def __init__(self, listed: ErasureList | None, fitted: FittedModel) -> None:
        found = None if listed is None else listed.read()
        since = fitted.record.fitted_at
        self._digests = {d for d, at in found.at.items() if at >= since} if found else set()
        self._digest = found.digest if found else None

    def has(self, user_id: str) -> bool:
        """Return whether this one was."""
        if not self._digests or self._digest is None:
            return False
        return self._digest(user_id) in self._digests
