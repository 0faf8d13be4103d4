"""Snapshots of memory."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from app.domain.snapshots import Snapshot, SnapshotHeader


class SnapshotStore(Protocol):
    """Snapshots by name, on this machine."""

    def write(
        self,
        name: str,
        header: SnapshotHeader,
        parts: Mapping[str, Mapping[str, Any]],
        *,
        lasting: bool = True,
    ) -> int:
        """Store a snapshot in place of the former one; return its bytes. Raises OSError."""

    def header(self, name: str) -> SnapshotHeader | None:
        """Return what the snapshot is of; None if there is none. Raises SnapshotRejected."""

    def read(self, name: str) -> Snapshot | None:
        """Return a snapshot, checked; None if there is none. Raises SnapshotRejected."""

    def discard(self, name: str) -> None:
        """Remove the snapshot, if there is one."""

    def sweep(self, prefix: str) -> None:
        """Remove every snapshot whose name begins so, half made ones too."""

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Wait until no other process makes this snapshot, and keep others out."""


class SnapshotMaker(Protocol):
    """Makes a snapshot in a process of its own, out of the way of those that serve."""

    def make(self, *, missing: bool) -> bool:
        """Make one, or only where it is missing; return whether there is one now."""

    def stop(self) -> None:
        """End the making that is under way, if any."""
