"""What an operator may ask of a running worker."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.domain.errors import AppError
from app.live.footprint import footprint
from app.serve.control import Command
from app.usecases import Services


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
