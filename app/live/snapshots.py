"""Snapshots of memory: workers start from one instead of from the database."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import structlog

from app.domain.changes import ChangeBatch
from app.domain.ports import ChangeLog, SnapshotStore
from app.domain.snapshots import Snapshot, SnapshotHeader, SnapshotRejected
from app.live.feed import Feed
from app.live.projections.projection import Projection

log = structlog.get_logger(__name__)

DUMPS = "verify-"
"""What the names of snapshots begin with that are written to be compared, and removed."""


class Snapshots:
    """Writes what the projections hold, and fills them from what was written.

    The store names a snapshot by its database, so that one folder may serve several.
    """

    def __init__(
        self,
        files: SnapshotStore,
        projections: Sequence[Projection],
        *,
        installation: Callable[[], str],
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._files = files
        self._projections = projections
        self._installation = installation
        self._unix_time = unix_time

    def header(self) -> SnapshotHeader | None:
        """Return what the present snapshot is of; None if there is none that can be used."""
        try:
            header = self._files.header(self._installation())
            return header and self._accepted(header)
        except (SnapshotRejected, OSError) as error:
            log.warning("snapshot passed over", reason=str(error))
            return None

    def age_seconds(self) -> float | None:
        """Return how old the present snapshot is; None if there is none that can be used."""
        header = self.header()
        return None if header is None else self._unix_time() - header.taken_at

    def alone(self) -> AbstractContextManager[None]:
        """Wait until no other process of this machine makes this snapshot, and keep others out."""
        return self._files.alone(self._installation())

    def sweep(self, prefix: str) -> None:
        """Remove every snapshot whose name begins so, half made ones too."""
        self._files.sweep(prefix)

    def discard(self, name: str | None = None) -> None:
        """Remove the snapshot, if there is one."""
        self._files.discard(name or self._installation())

    def write(self, place: ChangeBatch, *, name: str | None = None) -> int:
        """Store what memory holds at `place`; return the bytes. Nobody may change it meanwhile.

        `name`: under another one than the database's, for a moment only. Raises OSError.
        """
        header = SnapshotHeader(
            installation=self._installation(),
            taken_at=self._unix_time(),
            position=place.position,
            resume_token=place.resume_token,
            versions={projection.name: projection.version for projection in self._projections},
        )
        parts = {projection.name: projection.dump() for projection in self._projections}
        lasting = name is None
        return self._files.write(name or self._installation(), header, parts, lasting=lasting)

    def restore(
        self, *, now: Callable[[], ChangeBatch], name: str | None = None
    ) -> ChangeBatch | None:
        """Fill memory, still empty, from the snapshot; return the place from which to go on.

        None, and a line in the log, where there is none or it cannot be used: damaged, of another
        version or database, or of a later time than `now`, the end of the history, asked for when
        it has been read.
        """
        snapshot = self._usable(now, name or self._installation())
        if snapshot is None:
            return None
        started = time.perf_counter()
        for projection in self._projections:
            projection.restore(snapshot.parts[projection.name])
        seconds = round(time.perf_counter() - started, 3)
        age = round(self._unix_time() - snapshot.header.taken_at, 1)
        log.info("snapshot taken over", seconds=seconds, age_seconds=age)
        return snapshot.header.place

    def _usable(self, now: Callable[[], ChangeBatch], name: str) -> Snapshot | None:
        try:
            snapshot = self._files.read(name)
            if snapshot is not None:
                self._accepted(snapshot.header)
                if snapshot.header.position > now().position:
                    raise SnapshotRejected("it is of a later time than the database")
            return snapshot
        except SnapshotRejected as error:
            log.warning("snapshot passed over", reason=str(error))
            self._files.discard(name)  # so that it is made anew
        except OSError as error:
            log.warning("snapshot passed over", reason=str(error))
        return None

    def _accepted(self, header: SnapshotHeader) -> SnapshotHeader:
        if header.installation != self._installation():
            raise SnapshotRejected("it is of another database")
        if header.versions != {p.name: p.version for p in self._projections}:
            raise SnapshotRejected("it is of another version")
        return header


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
