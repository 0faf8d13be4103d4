"""Makes a snapshot: fills memory as a worker does, catches up, writes."""

import time
from collections.abc import Callable

from app.domain.ports import ChangeLog
from app.live.feed import Feed
from app.live.snapshots import Snapshots


class SnapshotMaking:
    """For a process that does nothing else: it starts from the former snapshot where it can."""

    def __init__(
        self,
        snapshots: Snapshots,
        changes: ChangeLog,
        feed: Feed,
        *,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._snapshots = snapshots
        self._changes = changes
        self._feed = feed
        self._unix_time = unix_time

    def make(self, *, missing: bool = False) -> int | None:
        """Make one; return its bytes, or None if somebody else made it meanwhile.

        `missing`: only where there is none at all.

        Raises StoreUnavailable, and OSError where it cannot be written.
        """
        asked_at = self._unix_time()
        with self._snapshots.alone():
            header = self._snapshots.header()
            if header is not None and (missing or header.taken_at >= asked_at):
                return None  # somebody else made it while we waited
            self._feed.start(self._snapshots.restore(now=self._changes.now))
            try:
                return self._feed.between(self._snapshots.write)
            finally:
                self._feed.stop()
