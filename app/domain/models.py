"""Learned models: what is remembered of each that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.errors import AppError

KEPT = 5
"""Versions of each kind that are kept; the one in force is kept besides."""


class ModelRejected(AppError):
    """A stored model that cannot be used; the message says why."""


class ModelUnknown(AppError):
    """There is no such model."""


class NotFitted(AppError):
    """A model cannot be fitted; the message says why, and what to do."""


class FittingElsewhere(NotFitted):
    """Another process is fitting this kind of model."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"Another process is fitting {kind} just now.")


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One version of one kind of model."""

    kind: str
    version: int
    """Counted from 1 for each kind; 0: not stored yet."""
    fitted_at: datetime
    """When the preferences were read that it was fitted to."""
    parameters: Mapping[str, Any]
    n_users: int
    n_items: int
    n_interactions: int
    seconds: float
    """That the fit took."""
    bytes: int = 0
    checksum: str = ""
    """Of its contents."""
    evidence: Mapping[str, Any] | None = None
    """What was measured of it, if anything was."""

    @property
    def name(self) -> str:
        """Return what people call it, such as ease/7."""
        return f"{self.kind}/{self.version}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Contents that were written on this machine and belong to no version yet."""

    path: Path
    bytes: int
    checksum: str
