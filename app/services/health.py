"""The health of this process."""

from dataclasses import dataclass

from app.domain.errors import StoreUnavailable
from app.domain.ports import Store
from app.live.feed import Feed

MAX_BEHIND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `/health/ready` says."""

    ready: bool
    database: bool
    loaded: bool
    behind_seconds: float | None
    reloading: bool


class Health:
    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    def readiness(self) -> Readiness:
        """Return whether memory is filled and follows the database, and whether that answers.

        Without a database, and while everything is loaded anew, reads go on from memory: that
        alone does not make the process unready.
        """
        try:
            self._store.ping()
            database = True
        except StoreUnavailable:
            database = False
        loaded = self._feed.loaded
        behind = round(self._feed.behind_seconds(), 3) if loaded else None
        following = behind is not None and behind <= MAX_BEHIND_SECONDS
        reloading = self._feed.reloading
        ready = loaded and (following or reloading or not database)
        return Readiness(ready, database, loaded, behind, reloading)
