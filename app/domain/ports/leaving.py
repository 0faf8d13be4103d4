"""Who and what has left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from app.domain.changes import Position, Written
from app.domain.deletions import Deletion, Erasure, Listed, Swept


class DeletionRepository(Protocol):
    """What is being deleted. A mark outlives the requests that were under way when it was made."""

    def mark_item(self, item_id: str, at: datetime) -> None:
        """Remember that the item is being deleted."""

    def mark_subject(self, subject: str, at: datetime, digest: str) -> Position | None:
        """Remember that the shopper or session is being deleted; every memory forgets it."""

    def completed(self, subject: str, at: datetime) -> None:
        """Remember that all is gone that was there before the mark of that time."""

    def subjects_marked(self, subjects: Iterable[str]) -> set[str]:
        """Return those of the subjects who are being deleted just now."""

    def marked(self, before: datetime) -> list[Deletion]:
        """Return the marks that were made before."""

    def unmark(self, deletion: Deletion) -> None:
        """Drop the mark, unless it was made anew."""

    def sweep_item(self, item_id: str) -> Written[int]:
        """Remove the ratings of an item that is not in the catalogue; return how many."""

    def sweep_subject(self, subject: str, *, until: datetime | None) -> Written[Swept]:
        """Remove what a subject without an account has; of one with an account, what it had then.

        until : None: of one with an account, nothing.
        """

    def erase(self, subject: str, *, until: datetime) -> Written[Swept]:
        """Remove what the subject had then, and what has no time."""


class SubjectRepository(Protocol):
    """Whom the database knows."""

    def known(self) -> Iterator[str]:
        """Return every subject that left any trace, some of them more than once."""


class ErasedRepository(Protocol):
    """Who was erased, as this database remembers it: a backup of it knows less."""

    def known(self, digests: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each of those was erased last that are known here."""

    def add(self, erasures: Sequence[Erasure]) -> None:
        """Remember erasures; of equal digests the latest stays."""

    def swept(self, digest: str, at: datetime) -> None:
        """Remember when something of an erased subject was removed last."""

    def last_swept(self) -> datetime | None:
        """Return when something of any erased subject was removed last."""


class ErasureList(Protocol):
    """Who was erased, in a file beside the database. Every method may raise ErasuresUnusable."""

    @property
    def place(self) -> str:
        """Return where it is."""

    def digest(self, subject: str) -> str:
        """Return the name under which the subject is listed."""

    def append(self, erasure: Erasure) -> None:
        """Add a line that outlives a loss of power."""

    def read(self) -> Listed | None:
        """Return what is listed; None where there is no list."""

    def alone(self) -> AbstractContextManager[None]:
        """Wait until no other process of this machine replays the list, and keep others out."""
