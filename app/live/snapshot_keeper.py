"""The upkeep of the snapshot that workers start from: made where there is none, or an old one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.domain.changes import ChangeBatch
from app.domain.ports import ChangeLog, ErasedRepository, SnapshotMaker, Store
from app.domain.snapshots import SnapshotHeader
from app.live.feed import Feed
from app.live.snapshots import DUMPS, Snapshots

log = structlog.get_logger(__name__)

_MANY_CHANGES = 200_000  # a worker catches up with them in some seconds
_ALWAYS_AFTER = 12  # rounds: an old place in history may be forgotten even where nothing changed
_SETTLING = timedelta(seconds=1)  # the feed that was written down may have been so much behind


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """When a snapshot is worth it."""

    every: timedelta
    """0: there are none."""
    least: int
    """Documents in the database below which loading them takes no time."""


class SnapshotKeeper:
    """Decides when a snapshot is made; `maker` makes it, in a process of its own."""

    def __init__(
        self,
        snapshots: Snapshots,
        maker: SnapshotMaker,
        policy: SnapshotPolicy,
        *,
        store: Store,
        changes: ChangeLog,
        erased: ErasedRepository,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._snapshots = snapshots
        self._maker = maker
        self._policy = policy
        self._store = store
        self._changes = changes
        self._erased = erased
        self._feed = feed
        self._now = now
        self._applied = 0  # changes applied here when the last snapshot was made

    def begin(self) -> ChangeBatch | None:
        """Fill memory, still empty, from a snapshot, made first where there is none.

        Returns the place from which to go on; None: everything is to be loaded. Raises
        StoreUnavailable.
        """
        if not self._is_worth_it():
            return None
        place = self._snapshots.restore(now=self._changes.now)
        if place is None and self._maker.make(missing=True):
            place = self._snapshots.restore(now=self._changes.now)
        return place

    def keep(self) -> None:
        """Make a snapshot if it is time; one process of this machine calls this now and then."""
        if not self._is_worth_it():
            self._snapshots.discard()
            return
        header = self._snapshots.header()
        erasing = header is not None and self._holds_deleted(header)
        if not erasing and not self._is_due(header):
            return
        self._snapshots.sweep(DUMPS)  # of a comparison that was killed
        applied = self._feed.applied
        if self._maker.make(missing=False):
            self._applied = applied
        elif erasing:  # rather none than one with somebody in it who wants to be forgotten
            log.warning("snapshot discarded: it holds a deleted shopper and none could be made")
            self._snapshots.discard()

    def stop(self) -> None:
        self._maker.stop()

    def _is_worth_it(self) -> bool:
        return bool(self._policy.every) and self._store.size() >= self._policy.least

    def _is_due(self, header: SnapshotHeader | None) -> bool:
        if header is None:
            return True
        changes = self._feed.applied - self._applied
        age = timedelta(seconds=self._now().timestamp() - header.taken_at)
        return (
            changes >= _MANY_CHANGES
            or (changes > 0 and age >= self._policy.every)
            or age >= _ALWAYS_AFTER * self._policy.every
        )

    def _holds_deleted(self, header: SnapshotHeader) -> bool:
        """Return whether anything of a deleted shopper was removed after the snapshot was taken."""
        swept_at = self._erased.last_swept()
        return swept_at is not None and header.taken_at <= (swept_at + _SETTLING).timestamp()
