"""Erasures done again after an older backup was put back: who was erased stays erased."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.domain.deletions import Erasure, Listed
from app.domain.errors import ErasuresUnusable
from app.domain.ports import (
    AccountRepository,
    DeletionRepository,
    ErasedRepository,
    ErasureList,
    SubjectRepository,
)

log = structlog.get_logger(__name__)

_CHUNK = 1000  # erasures the database is asked about at a time


@dataclass(frozen=True, slots=True)
class ListState:
    """What a list says, and how much of it the database does not know."""

    place: str
    erased: int
    latest: datetime | None
    unknown: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay looked at, and removed."""

    erasures: int
    subjects: int
    """Shoppers and sessions that had come back."""
    removed: int
    """Accounts, ratings, events and claims."""


class Erasures:
    """Compares the list of who was erased with the database, and does again what it lacks."""

    def __init__(
        self,
        listed: ErasureList,
        erased: ErasedRepository,
        subjects: SubjectRepository,
        accounts: AccountRepository,
        deletions: DeletionRepository,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._listed = listed
        self._erased = erased
        self._subjects = subjects
        self._accounts = accounts
        self._deletions = deletions
        self._now = now

    def catch_up(self) -> Replayed | None:
        """Do again the erasures that the database does not know; None: it knows all.

        That it lacks any means that an older backup was put back. One process of a machine does
        it, and others wait. A list that cannot be read is logged, and stops nobody.
        """
        try:
            if self._lacking() is None:
                return None
            with self._listed.alone():
                lacking = self._lacking()  # others may have done it while we waited
                return None if lacking is None else self._catch_up(lacking)
        except ErasuresUnusable as error:
            log.error("erasures not compared with the database", reason=error.message)
            return None

    def _catch_up(self, lacking: Listed) -> Replayed:
        log.warning("erasures are done again: the database is older", count=len(lacking.at))
        replayed = self._replay(lacking)
        log.warning("erasures done again", subjects=replayed.subjects, removed=replayed.removed)
        return replayed

    def _lacking(self) -> Listed | None:
        """Return the part of the list that the database does not know, if there is any."""
        listed = self._listed.read()
        unknown = self._unknown(listed.at) if listed is not None else {}
        return Listed(unknown, listed.digest) if listed is not None and unknown else None

    def replay(self, listed: ErasureList | None = None) -> Replayed:
        """Do again every erasure of a list, this machine's if none is given."""
        chosen = (listed or self._listed).read()
        if chosen is None:
            raise ErasuresUnusable(f"There is no list at {(listed or self._listed).place}.")
        return self._replay(chosen)

    def show(self) -> ListState:
        listed = self._listed.read()
        at: Mapping[str, datetime] = {} if listed is None else listed.at
        latest = max(at.values(), default=None)
        return ListState(self._listed.place, len(at), latest, len(self._unknown(at)))

    def _unknown(self, at: Mapping[str, datetime]) -> dict[str, datetime]:
        digests = list(at)
        unknown: dict[str, datetime] = {}
        for start in range(0, len(digests), _CHUNK):
            some = digests[start : start + _CHUNK]
            known = self._erased.known(some)
            unknown |= {d: at[d] for d in some if d not in known or known[d] < at[d]}
        return unknown

    def _replay(self, listed: Listed) -> Replayed:
        found: set[str] = set()
        removed = 0
        for subject in self._subjects.known():
            digest = listed.digest(subject)
            at = listed.at.get(digest)
            if at is not None and (count := self._erase(subject, at)):
                found.add(digest)
                removed += count
                self._erased.swept(digest, self._now())
        self._erased.add([Erasure(digest, at) for digest, at in listed.at.items()])
        return Replayed(len(listed.at), len(found), removed)

    def _erase(self, subject: str, at: datetime) -> int:
        account = self._accounts.remove(subject, until=at).value
        return account + sum(self._deletions.erase(subject, until=at).value)
