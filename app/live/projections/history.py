"""The events of every subject, and how much was done with each item lately."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isclose
from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.events import Event
from app.domain.ports import EventRepository
from app.engine.tables.arrays import Arrays
from app.engine.tables.event_record import EVENT, EventBatch
from app.engine.tables.history import History, Pair
from app.live.memory import Tables, to_fact
from app.live.projections.projection import Later, differences

_COMPARED = [name for name in EVENT.names or () if name in {"hash", "at", "order", "quantity"}]
Watcher = Callable[[Pair], None]


class HistoryProjection:
    """Keeps the engine's history equal to the newest events of every subject."""

    name = "history"
    version = 1
    collections = (Collection.EVENTS,)

    def __init__(self, events: EventRepository, history: History) -> None:
        self._events = events
        self._history = history
        self.watchers: list[Watcher] = []
        """Called for each pair whose events changed, under the lock."""

    def load(self) -> None:
        self._history.load(self._batches())

    def _batches(self) -> Iterator[EventBatch]:
        for events in self._events.scan():
            yield EventBatch(
                [event.key.subject for event in events],
                [str(event.item_id) for event in events],
                [to_fact(event) for event in events],
            )

    def apply(self, change: Change) -> None:
        if change.key is None:
            self._history.load(())
            return
        subject, event_id = change.key
        event: Event | None = change.value
        if event is None:
            gone = self._history.remove(subject, event_id)
            self._tell(() if gone is None else (gone,))
        elif event.item_id is not None:
            self._tell(self._history.add(subject, event.item_id, to_fact(event)))

    def _tell(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            for watcher in self.watchers:
                watcher(pair)

    def forget(self, user_id: str) -> None:
        self._history.remove_subject(user_id)

    def dump(self) -> dict[str, NDArray[Any]]:
        return self._history.dump()

    def restore(self, arrays: Arrays) -> None:
        self._history.restore(arrays)

    def differences(self, rebuilt: Self) -> list[str]:
        return differences("events of", _readable(self._history), _readable(rebuilt._history))


def _readable(history: History) -> dict[str, Any]:
    words = history.vocabulary
    found = {}
    for row in history.subjects().tolist():
        events = history.events[history.places(row)]
        found[history.users.id(row)] = [
            (
                history.items.id(int(event["item"])),
                words.kinds.word(int(event["kind"])),
                words.devices.word(int(event["device"])),
                words.countries.word(int(event["country"])),
                str(event["price"]),  # as text, because NaN equals nothing
                *(int(event[name]) for name in _COMPARED),
            )
            for event in events
        ]
    return found


class ActivityProjection:
    """Keeps the engine's sums equal to the history, by the shop's weights. It stands behind both.

    The history tells the sums of each event; what is done here is to count everything anew.
    """

    name = "activity"
    version = 1
    collections = (Collection.EVENTS, Collection.SETTINGS)

    def __init__(
        self, tables: Tables, *, weights: Callable[[], Mapping[str, float]], later: Later
    ) -> None:
        self._tables = tables
        self._activity = tables.activity
        self._weights = weights
        self._later = later

    def load(self) -> None:
        self._activity.rebuild(self._weights(), self._now())

    def apply(self, change: Change) -> None:
        if change.collection is Collection.SETTINGS:
            is_stale = self._activity.named_weights != self._weights()
        else:
            is_stale = change.key is None or self._activity.is_far(self._now())
        if is_stale:
            self._later.put(self.load)

    def forget(self, user_id: str) -> None:
        """The history tells of what it forgets."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return self._activity.dump()

    def restore(self, arrays: Arrays) -> None:
        self._activity.restore(arrays, self._weights())

    def differences(self, rebuilt: Self) -> list[str]:
        now = self._now()
        here, there = self._activity.by_id(now), rebuilt._activity.by_id(now)
        return [
            f"activity of {item!r}: memory {here.get(item)}, rebuilt {there.get(item)}"
            for item in sorted(here.keys() | there.keys())
            if not _alike(here.get(item, ()), there.get(item, ()))
        ]

    def _now(self) -> int:
        return int(self._tables.clock() * 1000)


def _alike(some: tuple[float, ...], others: tuple[float, ...]) -> bool:
    return len(some) == len(others) and all(
        isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
        for one, other in zip(some, others, strict=True)
    )
