"""Events: taken in, one or many at a time, each line with an answer of its own."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from app.domain import subjects
from app.domain.changes import Position, Written
from app.domain.errors import (
    AppError,
    InvalidInput,
    SessionLeaving,
    UnknownItem,
    UnknownUser,
    UserLeaving,
)
from app.domain.events import Event, Kind
from app.domain.ports import (
    AccountRepository,
    DeletionRepository,
    EventRepository,
    ItemRepository,
)
from app.live.feed import Feed
from app.live.projections.catalogue import CatalogueProjection
from app.live.projections.settings import SettingsProjection
from app.services.gate import present_visit
from app.services.sessions import Sessions, moved_key

T = TypeVar("T")
R = TypeVar("R")

_CLOCK_SLACK = timedelta(seconds=60)  # a storefront's clock may be ahead of ours
OLDEST = timedelta(days=1100)
"""Events from before that are for `flask import events`."""


class Grouped(Generic[T, R]):
    """Calls `work` with all that has come in while the former call lasted.

    Nobody waits for company: alone, a caller works at once. `work` takes a sequence and returns as
    many results, in order; where it raises, all of them are told. "Group commit": DeWitt et al.,
    Implementation techniques for main memory database systems, 1984.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._work = work
        self._turn = Lock()
        self._lock = Lock()
        self._waiting: list[tuple[T, Future[R]]] = []

    def __call__(self, wanted: T) -> R:
        outcome: Future[R] = Future()
        with self._lock:
            self._waiting.append((wanted, outcome))
        with self._turn:
            if not outcome.done():
                self._do_all()
        return outcome.result()

    def _do_all(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            results = self._work([wanted for wanted, _ in group])
        except BaseException as error:
            for _, outcome in group:
                outcome.set_exception(error)
        else:
            for (_, outcome), result in zip(group, results, strict=True):
                outcome.set_result(result)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: stored, known already (`repeated`), or refused (`error`)."""

    event: Event
    repeated: bool = False
    error: AppError | None = None


class Stored(NamedTuple):
    """Which of some events were new, and whose did not stay, and why."""

    new: list[bool]
    leaving: Mapping[str, AppError]


class _Kept(NamedTuple):
    new: list[bool]
    gone: Set[str]
    position: Position | None


class Events:
    """Use cases around events. A write is answered when this process's memory holds it."""

    def __init__(
        self,
        events: EventRepository,
        items: ItemRepository,
        accounts: AccountRepository,
        deletions: DeletionRepository,
        sessions: Sessions,
        *,
        catalogue: CatalogueProjection,
        settings: SettingsProjection,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._events = events
        self._items = items
        self._accounts = accounts
        self._deletions = deletions
        self._sessions = sessions
        self._catalogue = catalogue
        self._settings = settings
        self._feed = feed
        self._now = now
        self._grouped = Grouped(self._store_all)

    def now(self) -> datetime:
        """Return the time that is put where an event says none."""
        return self._now()

    def record(self, events: Sequence[Event], *, needs_account: bool) -> Written[list[Outcome]]:
        """Store what is sound; the value tells of each line what became of it, in order."""
        sent, events = events, self._with_owners(events)
        unknown = self._unknown_items(events)
        faults = [self._fault(event, unknown) for event in events]
        sound = [event for event, fault in zip(events, faults, strict=True) if fault is None]
        written = self.store(sound, needs_account=needs_account)
        self._feed.wait(written.position)
        leaving, new = written.value.leaving, iter(written.value.new)
        outcomes = []
        for original, event, fault in zip(sent, events, faults, strict=True):
            if fault is None:
                is_new = next(new)
                fault = leaving.get(event.key.subject)
                outcomes.append(Outcome(original, repeated=not is_new, error=fault))
            else:
                outcomes.append(Outcome(original, error=fault))
        return Written(outcomes, written.position)

    def store(self, events: Sequence[Event], *, needs_account: bool = False) -> Written[Stored]:
        """Store sound events, those of merged sessions as their shopper's; wait for no memory.

        What comes from several threads at once is stored together: one dealing with the database
        costs as much as fifty events.
        """
        if (visit := present_visit()) is not None:
            visit.enter()  # else it might wait for a place that only those behind it can free
        new, gone, position = self._grouped(events)
        mine = gone & {event.key.subject for event in events} if gone else gone
        leaving = {subject: _leaving(subject, needs_account=needs_account) for subject in mine}
        return Written(Stored(new, leaving), position)

    def _store_all(self, groups: Sequence[Sequence[Event]]) -> list[_Kept]:
        events = [event for group in groups for event in group]
        written = self._events.add_many(events)
        gone = self._undo_where_leaving(events)
        position = self._move_where_claimed(events) or written.position
        new = iter(written.value)
        return [_Kept(list(islice(new, len(group))), gone, position) for group in groups]

    def _with_owners(self, events: Sequence[Event]) -> list[Event]:
        owners = self._sessions.owners(_session_ids(events))
        if not owners:
            return list(events)
        return [_owned(event, owners.get(_session_id(event) or "")) for event in events]

    def _unknown_items(self, events: Sequence[Event]) -> set[str]:
        wanted = {event.item_id for event in events if event.item_id is not None}
        missing = {item_id for item_id in wanted if not self._catalogue.has(item_id)}
        # memory may be milliseconds behind a new item: the database decides
        return missing - self._items.existing(missing) if missing else missing

    def _fault(self, event: Event, unknown: set[str]) -> AppError | None:
        weights = self._settings.current.weights
        if event.kind not in weights:
            known = ", ".join(sorted(weights))
            return InvalidInput("kind", f"is not known to this shop; known are: {known}")
        if event.item_id is None and event.kind != Kind.SEARCH:
            return InvalidInput("item_id", "say which item; only a search may be without")
        if event.item_id in unknown:
            return UnknownItem(event.item_id or "")
        now = self._now()
        if event.at > now + _CLOCK_SLACK:
            return InvalidInput("at", "lies in the future")
        if event.at < now - OLDEST:
            return InvalidInput(
                "at", f"is more than {OLDEST.days} days ago; for those: flask import events"
            )
        return None

    def _undo_where_leaving(self, events: Sequence[Event]) -> Set[str]:
        # The subject may have been deleted since we looked. Whoever deletes marks first and sweeps
        # last, and we look for a mark after writing: one of the two sees the other.
        marked = self._deletions.subjects_marked({event.key.subject for event in events})
        gone = {subject for subject in marked if self._accounts.find(subject) is None}
        if gone:
            leaving = [event.key for event in events if event.key.subject in gone]
            self._events.remove_many(leaving)
        return gone

    def _move_where_claimed(self, events: Sequence[Event]) -> Position | None:
        position = None
        for session_id, owner in self._sessions.owners(_session_ids(events)).items():
            position = self._sessions.move(session_id, owner)
        return position


def new_event_id() -> str:
    return secrets.token_hex(12)


def _leaving(subject: str, *, needs_account: bool) -> AppError:
    session_id = subjects.session_id_of(subject)
    if session_id is not None:
        return SessionLeaving(session_id)
    return UnknownUser(subject) if needs_account else UserLeaving(subject)


def _session_id(event: Event) -> str | None:
    return subjects.session_id_of(event.key.subject)


def _session_ids(events: Iterable[Event]) -> set[str]:
    return {id_ for event in events if (id_ := _session_id(event)) is not None}


def _owned(event: Event, owner: str | None) -> Event:
    return event if owner is None else event._replace(key=moved_key(event.key, owner))
