"""A snapshot: what one process kept in memory, at one place in history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.changes import ChangeBatch, Position
from app.domain.errors import AppError


class SnapshotRejected(AppError):
    """A snapshot that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    installation: str
    """The name of the database."""
    taken_at: float
    """Unix seconds."""
    position: Position
    """Everything up to here is in it."""
    resume_token: Any
    """Where the feed goes on after it."""
    versions: Mapping[str, int]
    """The version of each projection's arrays."""

    @property
    def place(self) -> ChangeBatch:
        """Return where the feed goes on, as an empty batch."""
        return ChangeBatch([], self.position, self.position, self.resume_token)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A header, and the arrays of each projection by name."""

    header: SnapshotHeader
    parts: Mapping[str, Mapping[str, Any]]
