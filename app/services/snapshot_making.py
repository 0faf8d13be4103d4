"""Makes a snapshot: fills memory as a worker does, catches up, writes."""

from app.domain.ports import ChangeLog
from app.services.feed import Feed
from app.services.snapshots import Snapshots


class SnapshotMaking:
    """For a process that does nothing else: it starts from the former snapshot where it can."""

    def __init__(self, snapshots: Snapshots, changes: ChangeLog, feed: Feed) -> None:
        self._snapshots = snapshots
        self._changes = changes
        self._feed = feed

    def make(self, *, missing: bool = False) -> int | None:
        """Make one; return its bytes. `missing`: only where there is none, else None.

        Raises StoreUnavailable, and OSError where it cannot be written.
        """
        with self._snapshots.alone():
            if missing and self._snapshots.header() is not None:
                return None  # somebody else made it while we waited
            self._feed.start(self._snapshots.restore(now=self._changes.now()))
            self._feed.stop()
            return self._snapshots.write(self._feed.place)
