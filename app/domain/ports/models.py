"""Learned models: in the database, and copies on this machine."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import IO, Any, Protocol

from app.domain.models import ModelFile, ModelRecord

Contents = Mapping[str, Mapping[str, Any]]
"""Arrays by part and name."""


class ModelRepository(Protocol):
    """Every version of every model, in the database. Methods may raise StoreUnavailable."""

    def add(self, record: ModelRecord, contents: IO[bytes]) -> ModelRecord:
        """Store a model whole or not at all, under the next version of its kind."""

    def fetch(self, record: ModelRecord, into: IO[bytes]) -> None:
        """Write the contents of a version, or raise ModelRejected."""

    def find(self, kind: str, version: int) -> ModelRecord | None:
        """Return one version."""

    def records(self, kind: str | None = None) -> list[ModelRecord]:
        """Return every version, or those of one kind, newest first."""

    def remove(self, kind: str, version: int) -> bool:
        """Remove a version; return whether it was there."""

    def remove_personal(self) -> list[str]:
        """Remove the versions that hold something of single shoppers; return their names."""

    def sweep(self, kind: str) -> int:
        """Remove what was begun for the kind and never finished; return how many contents."""


class ModelCopies(Protocol):
    """Copies of models on this machine, which its processes map. Methods may raise OSError."""

    def written(self, kind: str, contents: Contents) -> AbstractContextManager[ModelFile]:
        """Write contents; they are gone when the body ends, unless they were adopted."""

    def adopt(self, file: ModelFile, record: ModelRecord) -> None:
        """Make what was written the copy of a version."""

    def read(self, record: ModelRecord, fetch: Callable[[IO[bytes]], None]) -> Contents:
        """Map the copy, checked; one that is missing or damaged is fetched first.

        Raises ModelRejected where what was fetched is not what the record says.
        """

    def keep(self, records: Iterable[ModelRecord]) -> None:
        """Remove the copies of all others."""
