"""The seam: what the feed, the snapshot, a deletion and `verify` ask of every live state."""

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from app.domain.changes import Change, Collection

Arrays = Mapping[str, NDArray[Any]]


class Projection(Protocol):
    """One live state. All methods but `load` and `verify` are called under the memory's lock."""

    @property
    def name(self) -> str:
        """What logs and files call it."""

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
        """Return the state as plain arrays."""

    def restore(self, arrays: Arrays) -> None:
        """Take the state from what `dump` returned."""

    def verify(self) -> list[str]:
        """Return how the state differs from the collections, a line each."""
