"""The port of every live state: for the feed, the snapshot, a deletion and `flask verify`."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.engine.tables.arrays import Arrays


class Projection(Protocol):
    """One live state. `apply` and `forget` are called under the memory's lock."""

    @property
    def name(self) -> str:
        """What logs and files call it."""

    @property
    def version(self) -> int:
        """Of what `dump` returns: another one is not restored."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Whose changes it takes in."""

    def load(self) -> None:
        """Make the state equal to the collections, while readers go on reading."""

    def apply(self, change: Change) -> None:
        """Take in one change; a change applied twice counts once."""

    def forget(self, user_id: str) -> None:
        """Drop every trace of a shopper."""

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the state as plain arrays, of which some are the live ones.

        Nothing may be changed until they are written; readers may go on.
        """

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; called once, while the state is still empty.

        The arrays are taken, not copied: they may be a mapped file that other processes share.
        """

    def differences(self, rebuilt: Self) -> list[str]:
        """Return how the state differs from one that was built anew, a line each."""


class Later:
    """Jobs that take too long for the memory's lock.

    The feed's thread does each of them once, after the batch that asked for it.
    """

    def __init__(self) -> None:
        self._jobs: dict[Callable[[], None], None] = {}
        self._lock = Lock()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def put(self, job: Callable[[], None]) -> None:
        """Have a job done; one that waits already is not done twice."""
        with self._lock:
            self._jobs[job] = None

    def run(self) -> None:
        with self._lock:
            jobs, self._jobs = self._jobs, {}
        for job in jobs:
            job()


def joined(**parts: Arrays) -> dict[str, NDArray[Any]]:
    """Return the arrays of several parts, each under `part.name`; `part_of` gives them back."""
    return {f"{part}.{name}": a for part, arrays in parts.items() for name, a in arrays.items()}


def part_of(arrays: Arrays, part: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of one part of those that were joined, by their own names."""
    start = f"{part}."
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}


def differences(what: str, memory: Mapping[str, Any], rebuilt: Mapping[str, Any]) -> list[str]:
    """Return a line for each key whose value is not the same on both sides."""
    return [
        f"{what} {key!r}: memory {memory.get(key)!r}, rebuilt {rebuilt.get(key)!r}"
        for key in sorted(memory.keys() | rebuilt.keys())
        if memory.get(key) != rebuilt.get(key)
    ]
