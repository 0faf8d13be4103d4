"""The memory of running workers against a rebuild from the database."""

import secrets
from collections.abc import Callable, Mapping

from app.domain.ports import ChangeLog
from app.live.snapshots import DUMPS
from app.usecases import Runtime

_ROUNDS = 3
_PATIENCE_SECONDS = 60.0

Differences = dict[int, list[str]]


class Verification:
    """Compares every projection of every worker.

    fresh : makes a shop with empty memory. dump : has every worker write its memory under a name
    that begins with the given prefix, and returns the names by process id.
    """

    def __init__(
        self,
        fresh: Callable[[], Runtime],
        dump: Callable[[str], Mapping[int, str]],
        changes: ChangeLog,
    ) -> None:
        self._fresh = fresh
        self._dump = dump
        self._changes = changes

    def run(self) -> Differences:
        """Return what differs, a line each, by the process id of the worker.

        The service goes on meanwhile: what changes just then may be seen on one side only, so
        only what differs in the same way three times counts. Raises StoreUnavailable.
        """
        rebuilt = self._fresh()
        rebuilt.feed.start()
        try:
            found = self._compare(rebuilt)
            for _ in range(_ROUNDS - 1):
                if any(found.values()):
                    found = _common(found, self._compare(rebuilt))
        finally:
            rebuilt.feed.stop()
        return found

    def _compare(self, rebuilt: Runtime) -> Differences:
        prefix = f"{DUMPS}{secrets.token_hex(4)}"
        try:
            dumped = self._dump(prefix)
            return {pid: self._compare_one(name, rebuilt) for pid, name in dumped.items()}
        finally:
            rebuilt.snapshots.sweep(prefix)

    def _compare_one(self, name: str, rebuilt: Runtime) -> list[str]:
        copy = self._fresh()
        place = copy.snapshots.restore(now=self._changes.now, name=name)
        if place is None:
            return ["its memory could not be read"]
        if not rebuilt.feed.wait(place.position, seconds=_PATIENCE_SECONDS):
            return ["the rebuild does not catch up with it"]
        pairs = list(zip(copy.projections, rebuilt.projections, strict=True))
        return rebuilt.feed.between(
            lambda _: [
                f"{mine.name}: {line}"
                for mine, theirs in pairs
                for line in mine.differences(theirs)
            ]
        )


def _common(one: Differences, other: Differences) -> Differences:
    return {
        pid: [line for line in lines if line in set(other.get(pid, ()))]
        for pid, lines in one.items()
        if pid in other  # a worker that has ended has no memory
    }
