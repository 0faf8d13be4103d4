"""The models in force, brought into the memory of this process out of everybody's way."""

from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any, Self

import structlog
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.errors import AppError
from app.engine.tables.arrays import Arrays
from app.learning.learned import LearnedModels
from app.learning.library import ModelLibrary

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 10.0


class ModelsProjection:
    """Hears of settings that put other models in force. It stands behind the settings.

    The models themselves are no part of it: whoever watches brings them into memory, in a thread
    of its own, and the former ones answer meanwhile.
    """

    name = "models"
    version = 1
    collections = (Collection.SETTINGS,)

    def __init__(self, wanted: Callable[[], Mapping[str, int]]) -> None:
        self._wanted = wanted
        self._heard: dict[str, int] = {}
        self.watchers: list[Callable[[], None]] = []

    @property
    def wanted(self) -> dict[str, int]:
        return dict(self._wanted())

    def load(self) -> None:
        self._look()

    def apply(self, change: Change) -> None:
        self._look()

    def _look(self) -> None:
        wanted = self.wanted
        if wanted != self._heard:
            self._heard = wanted
            for watcher in self.watchers:
                watcher()

    def forget(self, user_id: str) -> None:
        """Models hold nothing of single shoppers."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return {}

    def restore(self, arrays: Arrays) -> None:
        self._look()

    def differences(self, rebuilt: Self) -> list[str]:
        return []


class ModelLoader:
    """Follows the settings in a thread of its own.

    A version is fetched, mapped, checked, and only then answers; one that cannot be had leaves the
    former in its place, and is tried again.
    """

    def __init__(
        self,
        learned: LearnedModels,
        library: ModelLibrary,
        *,
        wanted: Callable[[], Mapping[str, int]],
        again_seconds: float = _AGAIN_SECONDS,
    ) -> None:
        self._learned = learned
        self._library = library
        self._wanted = wanted
        self._again = again_seconds
        self.failed: Mapping[str, str] = {}
        """Why a kind's version in force is not in memory, by kind."""
        self._bell = Event()
        self._stop = Event()
        self._working = Lock()
        self._thread: Thread | None = None

    @property
    def settled(self) -> bool:
        """Return whether memory holds what is in force, as far as it can be had."""
        versions = {kind: record.version for kind, record in self._learned.records.items()}
        wanted = dict(self._wanted())
        return not self._working.locked() and all(
            versions.get(kind) == wanted.get(kind) or kind in self.failed
            for kind in versions.keys() | wanted.keys()
        )

    def start(self) -> None:
        """Bring in what is in force, and follow in a thread."""
        self.follow()
        self._thread = Thread(target=self._run, name="models", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def wake(self) -> None:
        """Have the thread look; returns at once."""
        self._bell.set()

    def _run(self) -> None:
        while True:
            self._bell.wait(self._again if self.failed else None)
            self._bell.clear()
            if self._stop.is_set():
                return
            self.follow()

    def follow(self) -> None:
        """Bring in what is in force and not in memory; failures are logged and remembered."""
        with self._working:
            wanted, present = dict(self._wanted()), self._learned.records
            for kind in present.keys() - wanted.keys():
                self._learned.drop(kind)
                log.info("model out of force", kind=kind)
            failed: dict[str, str] = {}
            for kind, version in wanted.items():
                record = present.get(kind)
                if record is None or record.version != version:
                    failed |= self._bring(kind, version)
            self.failed = failed

    def _bring(self, kind: str, version: int) -> dict[str, str]:
        try:
            self._put(kind, version)
            return {}
        except (AppError, OSError) as error:
            reason = str(error)
        except Exception as error:  # the thread must live on: it brings in the next one
            log.exception("model not loaded", kind=kind, version=version)
            return {kind: repr(error)}
        log.error("model not loaded", kind=kind, version=version, reason=reason)
        return {kind: reason}

    def _put(self, kind: str, version: int) -> None:
        fitted = self._library.read(self._library.get(kind, version))
        self._learned.put(fitted)
        log.info("model in force", kind=kind, version=version)
