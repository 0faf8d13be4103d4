"""Changes into projections, a little at a time."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from app.domain.changes import Change, Collection
from app.domain.deletions import Deletion, Doomed
from app.live.projections.projection import Projection

log = structlog.get_logger(__name__)

_CHUNK = 64  # changes applied under one hold of the lock: at most about a millisecond


class Listener(Protocol):
    """What hears of the changes of one collection."""

    @property
    def name(self) -> str:
        """What logs call it."""

    def apply(self, change: Change) -> None:
        """Take in one change."""


class Farewell:
    """Has a projection forget whoever is being deleted, as soon as the mark is there."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection

    @property
    def name(self) -> str:
        """Return the projection's."""
        return self._projection.name

    def apply(self, change: Change) -> None:
        """Forget the subject of a new mark.

        The mark of a deletion that is complete says nothing new: the subject may be back.
        """
        deletion: Deletion | None = change.value
        if deletion is None or deletion.complete or deletion.kind is not Doomed.SUBJECT:
            return
        self._projection.forget(deletion.id)


class Applier:
    """Loads projections, and hands each change to those of its collection.

    It knows none of them by name.
    """

    def __init__(
        self, projections: Sequence[Projection], lock: AbstractContextManager[object]
    ) -> None:
        self._projections = projections
        self._lock = lock
        self._by_collection: dict[Collection, list[Listener]] = {c: [] for c in Collection}
        self._by_collection[Collection.DELETIONS] += map(Farewell, projections)
        for projection in projections:
            for collection in projection.collections:
                self._by_collection[collection].append(projection)

    def load(self) -> None:
        """Make every projection equal to the database. Raises StoreUnavailable."""
        for projection in self._projections:
            started = time.perf_counter()
            projection.load()
            seconds = round(time.perf_counter() - started, 3)
            log.info("projection loaded", projection=projection.name, seconds=seconds)

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply the changes in order; one that cannot be applied is logged and passed over."""
        for start in range(0, len(changes), _CHUNK):
            with self._lock:
                self._apply_chunk(changes[start : start + _CHUNK])

    def _apply_chunk(self, changes: Sequence[Change]) -> None:
        collection: Collection | None = None
        listeners: list[Listener] = []
        for change in changes:
            if change.collection is not collection:  # most are of the same one as the last
                collection = change.collection
                listeners = self._by_collection[collection]
            for projection in listeners:
                try:
                    projection.apply(change)
                except (
                    Exception
                ):  # written by another hand: one odd document must not stop the rest
                    log.exception("change not applied", projection=projection.name, key=change.key)
