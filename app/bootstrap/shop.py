"""What hangs on a Flask app."""

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
from app.bootstrap.secret import require_secret
from app.bootstrap.services import build_services
from app.domain.errors import AppError, StoreUnavailable
from app.live.footprint import footprint
from app.live.patterns import SECONDS as LEARN_SECONDS
from app.repositories.replica_set import initiate
from app.serve.control import Command, ControlServer
from app.serve.embedded import EmbeddedMongo
from app.services.chores import Rounds
from app.usecases import Services
from config import Settings


class Unwritable(AppError):
    """There is no room, or no permission."""


def commands(services: Services) -> Mapping[str, Command]:
    """Return the commands of the control socket, by name."""
    return {
        "memory": lambda _: asdict(footprint(services.tables)),
        "rebuild": lambda _: _rebuild(services),
        "rebuilding": lambda _: _rebuilding(services),
        "models": lambda _: _models(services),
        "dump": lambda request: _dump(services, str(request.get("name", "dump"))),
    }


def _rebuild(services: Services) -> dict[str, Any]:
    """Have the feed's thread compute the preferences anew."""
    services.preferences.rebuild_later()
    return _rebuilding(services)


def _rebuilding(services: Services) -> dict[str, Any]:
    """Return how far that is; `waiting` is 0 when nothing is left to do."""
    return asdict(services.preferences.rebuilding)


def _models(services: Services) -> dict[str, Any]:
    """Return which models answer here, and why those in force do not where they do not."""
    return {
        "versions": {k: record.version for k, record in services.learned.records.items()},
        "failed": dict(services.model_loader.failed),
        "settled": services.model_loader.settled,
    }


def _dump(services: Services, name: str) -> dict[str, Any]:
    """Write this worker's memory beside its snapshot, and say under which name."""
    name = f"{Path(name).name}-{os.getpid()}"
    try:
        size = services.feed.between(lambda place: services.snapshots.write(place, name=name))
    except OSError as error:
        raise Unwritable(f"Its memory cannot be written: {error.strerror or error}.") from error
    return {"name": name, "bytes": size}


log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.5
_MEASURE_SECONDS = 10.0


class Shop:
    """What hangs on a Flask app: the services, and the database they need.

    Without MONGO_URI the embedded MongoDB of DATA_DIR is started (or joined, if it runs) at the
    first need and let go at `close`.
    """

    def __init__(
        self,
        settings: Settings,
        services: Services | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._exit = ExitStack()
        self._measuring = Rounds("measuring memory", measure_memory, seconds=_MEASURE_SECONDS)
        self._learning = Rounds("learning", self._learn, seconds=LEARN_SECONDS)
        if services is not None:
            self.__dict__["services"] = services

    @cached_property
    def repositories(self) -> Repositories:
        """Return the repositories, with indexes made."""
        repositories = Repositories(
            self._uri(),
            self.settings.mongo_db,
            events_days=self.settings.events_days,
            session_days=self.settings.session_days,
        )
        self._exit.callback(repositories.store.close)
        return repositories

    @cached_property
    def services(self) -> Services:
        """Return the services."""
        return build_services(self.settings, self.repositories, clock=self._clock)

    @cached_property
    def control(self) -> ControlServer:
        """Return what answers an operator's commands."""
        return ControlServer(self.settings.run_dir, commands(self.services))

    def start(self) -> None:
        """Load memory, catch up with the feed, begin the background work."""
        require_secret(self.settings)
        self.prepare()
        self._patiently(self.services.erasures.catch_up)
        self._patiently(self.services.freshness.prepare)
        self._patiently(self._fill)
        self.services.model_loader.start()
        self.services.chores.start()
        measure_memory()
        self._measuring.start()
        self._learn()
        self._learning.start()
        self.control.start()

    def _learn(self) -> None:
        self.services.contexts.learn()
        self.services.habits.learn()

    def _fill(self) -> None:
        self.services.feed.start(self.services.snapshot_keeper.begin())

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
        """Stop the background work and let go of the database."""
        if "services" in self.__dict__:
            self.services.streams.stop()
            self.control.stop()
            self._measuring.stop()
            self._learning.stop()
            self.services.snapshot_keeper.stop()
            self.services.model_refitting.stop()
            self.services.model_loader.stop()
            self.services.chores.stop()
            self.services.feed.stop()
        self._exit.close()

    def _uri(self) -> str:
        if self.settings.mongo_uri is not None:
            return self.settings.mongo_uri.get_secret_value()
        embedded: AbstractContextManager[EmbeddedMongo] = EmbeddedMongo(
            self.settings.data_dir, prepare=initiate
        )
        return self._exit.enter_context(embedded).uri
