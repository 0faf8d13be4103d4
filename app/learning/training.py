"""The fit of a model to the shop as it is now, in a process that does nothing else."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.models import FittingElsewhere, ModelRecord, NotFitted
from app.domain.ports import ChangeLog, Leases
from app.engine.models.model import Progress
from app.learning.fitted import FittedModel
from app.learning.kinds import Kind, kind_of
from app.learning.library import ModelLibrary
from app.learning.preferred import Preferred
from app.learning.switching import ModelSwitch
from app.live.feed import Feed
from app.live.memory import Tables
from app.live.snapshots import Snapshots
from app.services.chores import Rounds

_LEASE_SECONDS = 30.0
_FEWEST = 5
"""Shoppers and items below which a model says nothing."""
_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")

Stage = Callable[[str], Progress]
"""Told what is done next, in words; gives what hears how far it is."""


class ModelTraining:
    """Loads memory as a worker does, fits, stores."""

    def __init__(
        self,
        tables: Tables,
        feed: Feed,
        snapshots: Snapshots,
        changes: ChangeLog,
        *,
        library: ModelLibrary,
        switch: ModelSwitch,
        leases: Leases,
        now: Callable[[], datetime],
    ) -> None:
        self._tables = tables
        self._feed = feed
        self._snapshots = snapshots
        self._changes = changes
        self._library = library
        self._switch = switch
        self._leases = leases
        self._now = now

    def fit(self, kind_name: str, given: Mapping[str, str], stage: Stage) -> ModelRecord:
        """Fit a kind of model and store it under its next version, which is not in force yet.

        given : parameters as they were written; others are those of the version in force, if there
        is one. Raises NotFitted, with what to do; FittingElsewhere, if another process does it.
        """
        kind = kind_of(kind_name)
        with _alone(self._leases, kind.name):
            parameters = kind.complete(self._former(kind.name), given)
            fitted_at = self._now()
            stage("Loading the shop")(0, 1)
            data = self._load(kind)
            require_enough(kind, data, parameters)
            started = time.perf_counter()
            model = kind.fitted(data.matrix, parameters, stage(f"Fitting {kind.name}"))
            record = ModelRecord(
                kind=kind.name,
                version=0,
                fitted_at=fitted_at,
                parameters=parameters,
                n_users=len(data.users),
                n_items=len(data.items),
                n_interactions=int(data.matrix.nnz),
                seconds=round(time.perf_counter() - started, 3),
            )
            stage("Storing")(0, 1)
            return self._library.add(FittedModel.of(record, model, data.items))

    def _former(self, kind: str) -> Mapping[str, object]:
        version = self._switch.in_force.get(kind)
        stored = {record.version: record for record in self._library.records(kind)}
        return stored[version].parameters if version in stored else {}

    def _load(self, kind: Kind) -> Preferred:
        self._feed.start(self._snapshots.restore(now=self._changes.now))
        try:
            return kind.data(self._tables)
        finally:
            self._feed.stop()


@contextmanager
def _alone(leases: Leases, kind: str) -> Iterator[None]:
    """Hold the lease of a kind, or raise FittingElsewhere."""
    name, holder = f"fit {kind}", secrets.token_hex(8)

    def hold(seconds: float = _LEASE_SECONDS) -> bool:
        return leases.acquire(name, holder, seconds=seconds)

    if not hold():
        raise FittingElsewhere(kind)
    renewal = Rounds("lease", hold, seconds=_LEASE_SECONDS / 4)
    renewal.start()
    try:
        yield
    finally:
        renewal.stop()
        hold(0.0)  # others need not wait until it has run out


def require_enough(kind: Kind, data: Preferred, parameters: Mapping[str, Any]) -> None:
    """Raise NotFitted, with what to do, where data or memory are too little."""
    n_users, n_items = data.matrix.shape
    if not data.matrix.nnz:
        raise NotFitted(f"{kind.name} has too few to learn from: {kind.lacking}.")
    if n_users < _FEWEST or n_items < _FEWEST or not (data.matrix.data > 0).any():
        raise NotFitted(
            f"There are preferences of {n_users:,} shoppers for {n_items:,} items: too few to "
            f"learn from. A model needs {_FEWEST} of both, and something that is liked."
        )
    needed, available = kind.bytes_needed(n_items, parameters), available_bytes()
    if available is not None and needed > available:
        raise NotFitted(
            f"{kind.name} of {n_items:,} items needs {needed / 1e9:.1f} GB of memory, and "
            f"{available / 1e9:.1f} GB are available. Use a larger machine, a smaller `most`, or: "
            f"flask train als"
        )


def available_bytes(path: Path = _MEMORY, group: Path = _GROUP) -> int | None:
    """Return how much memory a new process may take; None where the system does not say.

    group : the folder of the control group (version 2), whose limit a container has.
    """
    told = (_of_machine(path), _of_group(group))
    return min((each for each in told if each is not None), default=None)


def _of_machine(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    found = (line.split() for line in lines if line.startswith("MemAvailable:"))
    return next((int(words[1]) * 1024 for words in found), None)


def _of_group(folder: Path) -> int | None:
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
    except OSError:
        return None
    return None if limit == "max" else max(int(limit) - used, 0)
