"""The world outside, as services ask of it: repositories, copies and snapshots on this machine.

Every method may raise StoreUnavailable, unless its class names another error. A write returns the
position of the change it made, so that its caller can wait until memory holds it; one that removes
something tells as its value whether it was there. What `scan` and `rows` yield comes in no
particular order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, Any, Protocol

from app.domain.accounts import Account, ApiKey, Credentials
from app.domain.catalogue import Item
from app.domain.changes import ChangeBatch, Position, Written
from app.domain.deletions import Deletion, Erasure, Listed, Swept
from app.domain.events import Event, EventKey
from app.domain.models import ModelFile, ModelRecord
from app.domain.ratings import Rating, RatingBatch
from app.domain.settings import ShopSettings
from app.domain.snapshots import Snapshot, SnapshotHeader
from app.domain.subjects import Claim

Contents = Mapping[str, Mapping[str, Any]]
"""Arrays of a model, by part and name."""


class AccountRepository(Protocol):
    def add(self, credentials: Credentials) -> Written[Account]:
        """Store a new account, or raise UserTaken."""

    def find(self, user_id: str) -> Credentials | None: ...

    def replace(self, credentials: Credentials, *, expected_epoch: str) -> Written[Account]:
        """Replace the account if its epoch is still the expected one, or raise Conflict."""

    def remove(self, user_id: str, *, until: datetime | None = None) -> Written[bool]:
        """Remove the account.

        until : only one that was opened by then.
        """

    def scan(self) -> Iterator[Account]: ...


class KeyRepository(Protocol):
    def add(self, key: ApiKey) -> Position | None: ...

    def remove(self, key_id: str) -> Written[bool]: ...

    def scan(self) -> Iterator[ApiKey]:
        """Return every key, oldest first."""


class ItemRepository(Protocol):
    def add(self, item: Item) -> Written[Item]:
        """Store a new item, or raise ItemTaken."""

    def replace_if_unchanged(self, item: Item, *, seen: Item) -> Written[Item]:
        """Replace the item if it is still as `seen`, or raise Conflict."""

    def replace_many(self, items: Sequence[Item]) -> Position | None:
        """Store many items whole; the last of equal ids wins."""

    def replace_many_if_unchanged(self, pairs: Sequence[tuple[Item, Item]]) -> Written[int]:
        """Replace items (new, as seen) that are still as seen; the value tells how many were."""

    def find(self, item_id: str) -> Item | None: ...

    def count(self) -> int:
        """Return about how many items there are."""

    def existing(self, item_ids: Iterable[str]) -> set[str]: ...

    def created(self, item_ids: Iterable[str]) -> dict[str, datetime]:
        """Return when those of the items that exist were created."""

    def features_length(self) -> int | None:
        """Return the length of the own vectors that are stored; None if there is none."""

    def vector_lengths(self, names: Iterable[str]) -> dict[str, int]:
        """Return how long the stored vectors of those names are that are stored at all."""

    def page(self, *, after: str | None, limit: int) -> list[Item]:
        """Return the items whose ids follow `after`, in the order of their ids."""

    def remove(self, item_id: str) -> Written[bool]: ...

    def scan(self) -> Iterator[Item]: ...


class RatingRepository(Protocol):
    """Ratings by (user id, item id)."""

    def put(self, rating: Rating) -> Position | None:
        """Store a rating; it replaces the shopper's former one of the item."""

    def put_many(self, ratings: Sequence[Rating]) -> Position | None:
        """Store many ratings; of equal pairs the last wins."""

    def take_back(self, rating: Rating) -> Position | None:
        """Remove exactly this rating, if it is still the stored one."""

    def remove(self, user_id: str, item_id: str) -> Written[bool]: ...

    def of_user(self, user_id: str) -> list[Rating]:
        """Return the shopper's ratings, newest first, those without a time last."""

    def values_of(self, user_id: str, *, seconds: float) -> Mapping[str, float]:
        """Return item id -> value of the shopper's ratings, or raise StoreUnavailable in time."""

    def has_user(self, user_id: str) -> bool: ...

    def rows_of(self, user_id: str) -> Iterator[Rating]:
        """Return the shopper's ratings, one by one, in the order of item ids."""

    def scan(self) -> Iterator[RatingBatch]: ...

    def rows(self) -> Iterator[Rating]:
        """Return every rating with its time, one by one, for exports."""


class EventRepository(Protocol):
    """Events by (subject, event id)."""

    def add_many(self, events: Sequence[Event]) -> Written[list[bool]]:
        """Store events; the value tells of each whether it is new. A stored one stays as it is."""

    def of_subject(
        self, subject: str, *, seconds: float | None = None, limit: int = 0
    ) -> list[Event]:
        """Return a subject's events, newest first, or raise StoreUnavailable in time.

        limit : return any so many of them; 0: all.
        """

    def has_subject(self, subject: str) -> bool: ...

    def rows_of(self, subject: str) -> Iterator[Event]:
        """Return the subject's events, one by one, in the order of event ids."""

    def remove_many(self, keys: Sequence[EventKey]) -> Position | None: ...

    def scan(self) -> Iterator[list[Event]]:
        """Return every event about an item in batches, without what memory has no use for."""

    def rows(self) -> Iterator[Event]:
        """Return every event, one by one, for exports."""


class SessionRepository(Protocol):
    """Which anonymous sessions have become whose."""

    def owners(self, session_ids: Iterable[str]) -> dict[str, str]:
        """Return the shoppers of those of the sessions that were merged."""

    def claim(self, session_id: str, user_id: str, at: datetime) -> str:
        """Give the session to the shopper unless it has one; return whose it is now."""

    def finished(self, session_id: str) -> None:
        """Remember that the events of a claimed session have been moved."""

    def unfinished(self, before: datetime) -> list[tuple[str, str]]:
        """Return (session id, user id) of claims made before, whose events may not be moved yet."""

    def of_user(self, user_id: str) -> list[Claim]:
        """Return the shopper's claims, oldest first."""


class SettingsRepository(Protocol):
    """The shop's one settings document."""

    def get(self) -> ShopSettings:
        """Return the stored settings, or the defaults."""

    def replace(self, settings: ShopSettings) -> Position | None:
        """Store the next version, or raise Conflict if somebody else stored it first."""


class SubjectRepository(Protocol):
    """Whom the database knows."""

    def known(self) -> Iterator[str]:
        """Return every subject that left any trace, some of them more than once."""


class DeletionRepository(Protocol):
    """What is being deleted. A mark outlives the requests that were under way when it was made."""

    def mark_item(self, item_id: str, at: datetime) -> None: ...

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


class ErasedRepository(Protocol):
    """Who was erased, as this database remembers it: a backup of it knows less."""

    def known(self, digests: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each of those was erased last that are known here."""

    def add(self, erasures: Sequence[Erasure]) -> None:
        """Remember erasures; of equal digests the latest stays."""

    def swept(self, digest: str, at: datetime) -> None:
        """Remember when something of an erased subject was removed last."""

    def last_swept(self) -> datetime | None: ...


class ErasureList(Protocol):
    """Who was erased, in a file beside the database. Every method may raise ErasuresUnusable."""

    @property
    def place(self) -> str: ...

    def digest(self, subject: str) -> str:
        """Return the name under which the subject is listed."""

    def append(self, erasure: Erasure) -> None:
        """Add a line that outlives a loss of power."""

    def read(self) -> Listed | None:
        """Return what is listed; None where there is no list."""

    def alone(self) -> AbstractContextManager[None]:
        """Wait until no other process of this machine replays the list, and keep others out."""


class ModelRepository(Protocol):
    """Every version of every model, in the database."""

    def add(self, record: ModelRecord, contents: IO[bytes]) -> ModelRecord:
        """Store a model whole or not at all, under the next version of its kind."""

    def fetch(self, record: ModelRecord, into: IO[bytes]) -> None:
        """Write the contents of a version, or raise ModelRejected."""

    def find(self, kind: str, version: int) -> ModelRecord | None: ...

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


class ChangeLog(Protocol):
    """The history of the database, from a place in time on."""

    def now(self) -> ChangeBatch:
        """Return an empty batch at the present end of the history."""

    def follow(self, after: Any) -> Iterator[ChangeBatch]:
        """Yield what happened after a batch's `resume_token`, for ever, in order.

        Yields an empty batch now and then when nothing happens, so that the caller may stop.
        Raises HistoryLost when the token is too old, StoreUnavailable when the database is away.
        """


class Leases(Protocol):
    """Who does the background work: one worker of many, for a while."""

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""


class RateLimits(Protocol):
    """Counts tries, over all workers."""

    def hit(self, limit: str, kind: str, key: str) -> None:
        """Count one try, or raise TooManyTries; `limit` is like "10 per minute"."""


class Store(Protocol):
    """The database as a whole."""

    def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers within a second."""

    def prepare(self) -> None:
        """Make indexes and check the schema version; idempotent. Raises Misconfigured."""

    def size(self) -> int:
        """Return about how many documents are kept in memory too."""

    def installation(self) -> str:
        """Return the random name of this database, made once."""

    def close(self) -> None: ...
