"""The shop of a Flask app: its start, its end, its control commands."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from app.api.monitoring import measure_memory
from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.bootstrap.secret import require_secret
from app.domain.errors import AppError, StoreUnavailable
from app.live.footprint import footprint
from app.live.patterns import SECONDS as LEARN_SECONDS
from app.repositories.replica_set import initiate
from app.serve.control import Command, ControlServer
from app.serve.embedded import EmbeddedMongo
from app.services.chores import Rounds
from app.usecases import Learning, Runtime, UseCases
from config import Settings


class Unwritable(AppError):
    """There is no room, or no permission."""


def commands(runtime: Runtime) -> Mapping[str, Command]:
    return {
        "memory": lambda _: asdict(footprint(runtime.tables)),
        "rebuild": lambda _: _rebuild(runtime),
        "rebuilding": lambda _: _rebuilding(runtime),
        "models": lambda _: _models(runtime.learning),
        "dump": lambda request: _dump(runtime, str(request.get("name", "dump"))),
    }


def _rebuild(runtime: Runtime) -> dict[str, Any]:
    runtime.preferences.rebuild_later()
    return _rebuilding(runtime)


def _rebuilding(runtime: Runtime) -> dict[str, Any]:
    """Return how far that is; `waiting` is 0 when nothing is left to do."""
    return asdict(runtime.preferences.rebuilding)


def _models(learning: Learning) -> dict[str, Any]:
    """Return which models answer here, and why those in force do not where they do not."""
    return {
        "versions": {k: record.version for k, record in learning.learned.records.items()},
        "failed": dict(learning.loader.failed),
        "settled": learning.loader.settled,
    }


def _dump(runtime: Runtime, name: str) -> dict[str, Any]:
    """Write this worker's memory beside its snapshot, and say under which name."""
    name = f"{Path(name).name}-{os.getpid()}"
    try:
        size = runtime.feed.between(lambda place: runtime.snapshots.write(place, name=name))
    except OSError as error:
        raise Unwritable(f"Its memory cannot be written: {error.strerror or error}.") from error
    return {"name": name, "bytes": size}


log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.5
_MEASURE_SECONDS = 10.0


class Shop:
    """A shop at work, and the database it needs.

    Without MONGO_URI the embedded MongoDB of DATA_DIR is started (or joined, if it runs) at the
    first need and let go at `close`.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._clock = clock
        self._exit = ExitStack()
        self._measuring = Rounds("measuring memory", measure_memory, seconds=_MEASURE_SECONDS)
        self._learning = Rounds("learning", self._learn, seconds=LEARN_SECONDS)

    @cached_property
    def repositories(self) -> Repositories:
        repositories = Repositories(
            self._uri(),
            self.settings.mongo_db,
            events_days=self.settings.events_days,
            session_days=self.settings.session_days,
        )
        self._exit.callback(repositories.store.close)
        return repositories

    @cached_property
    def runtime(self) -> Runtime:
        return build_runtime(self.settings, self.repositories, clock=self._clock)

    @cached_property
    def services(self) -> UseCases:
        return self.runtime.use_cases

    @cached_property
    def control(self) -> ControlServer:
        return ControlServer(self.settings.run_dir, commands(self.runtime))

    def start(self) -> None:
        """Load memory, catch up with the feed, begin the background work."""
        require_secret(self.settings)
        self.prepare()
        self._patiently(self.runtime.erasures.catch_up)
        self._patiently(self.services.freshness.prepare)
        self._patiently(self._fill)
        self.runtime.learning.loader.start()
        self.runtime.chores.start()
        measure_memory()
        self._measuring.start()
        self._learn()
        self._learning.start()
        self.control.start()

    def _learn(self) -> None:
        self.runtime.contexts.learn()
        self.runtime.habits.learn()

    def _fill(self) -> None:
        self.runtime.feed.start(self.runtime.snapshot_keeper.begin())

    def prepare(self) -> None:
        """Check the database and make its indexes, as soon as it answers."""
        self._patiently(self.repositories.store.prepare)

    def _patiently(self, step: Callable[[], object]) -> None:
        # a worker that gave up would be started again and again by its master
        while True:
            try:
                step()
                return
            except StoreUnavailable:
                log.warning("waiting for the database")
                time.sleep(_PATIENCE_SECONDS)

    def close(self) -> None:
        if "runtime" in self.__dict__:
            self.services.streams.stop()
            self.control.stop()
            self._measuring.stop()
            self._learning.stop()
            self.runtime.snapshot_keeper.stop()
            self.runtime.learning.refitting.stop()
            self.runtime.learning.loader.stop()
            self.runtime.chores.stop()
            self.runtime.feed.stop()
        self._exit.close()

    def _uri(self) -> str:
        if self.settings.mongo_uri is not None:
            return self.settings.mongo_uri.get_secret_value()
        embedded: AbstractContextManager[EmbeddedMongo] = EmbeddedMongo(
            self.settings.data_dir, prepare=initiate
        )
        return self._exit.enter_context(embedded).uri
