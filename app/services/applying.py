"""Changes into projections, a little at a time."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager

import structlog

from app.domain.changes import Change, Collection
from app.services.projections.projection import Projection

log = structlog.get_logger(__name__)

_CHUNK = 64  # changes applied under one hold of the lock: at most about a millisecond


class Applier:
    """Loads projections, and hands each change to those of its collection.

    It knows none of them by name.
    """

    def __init__(
        self, projections: Sequence[Projection], lock: AbstractContextManager[object]
    ) -> None:
        self._projections = projections
        self._lock = lock
        self._by_collection: dict[Collection, list[Projection]] = {c: [] for c in Collection}
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
        listeners: list[Projection] = []
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
