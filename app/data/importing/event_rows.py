"""Batches of cells as events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import xxhash

from app.data.importing.names import EVENT_FIELDS, RATING, Kinds, recognise
from app.data.importing.runs import EventOptions
from app.data.importing.tables import Batch, Parsed
from app.data.importing.values import (
    to_optional_id,
    to_price,
    to_quantity,
    to_reference,
    to_session,
    to_time,
    to_words,
)
from app.domain.errors import InvalidInput
from app.domain.events import (
    MAX_PAGE,
    MAX_QUANTITY,
    MAX_QUERY,
    MAX_WORD,
    NO_CONTEXT,
    Event,
    EventContext,
    EventKey,
    Kind,
)
from app.engine.jit import Int32s, UInt64s, kernel

Convert = Callable[[Any], Any]
CONTEXT = {"page": MAX_PAGE, "device": MAX_WORD, "placement": MAX_WORD, "country": MAX_WORD,
           "recommendation_id": MAX_WORD}  # fmt: skip
"""Fields of an event's context, in order, and how many characters each may have."""
PLAIN: Mapping[str, Convert] = {
    "user_id": partial(to_optional_id, field="user_id"),
    "session_id": to_session,
    "item_id": partial(to_optional_id, field="item_id"),
    "quantity": to_quantity,
    "price": to_price,
    "order_id": partial(to_reference, field="order_id"),
    "event_id": partial(to_reference, field="event_id"),
    "query": partial(to_words, field="query", most=MAX_QUERY),
    **{name: partial(to_words, field=name, most=most) for name, most in CONTEXT.items()},
}
"""How the cells of a field are read, where that needs no more than the cell."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(seconds=60)
_LOW = (1 << 64) - 1
_COUNTED = {Kind.PURCHASE.value, Kind.RETURN.value}
"""Kinds whose `value` is how many."""
_NOBODY = InvalidInput("user_id", "say whose it is: a user_id or a session_id")
_NOTHING = InvalidInput("item_id", "say which item; only a search may be without")
_ALWAYS = {"event", "timestamp"}
"""Fields that have a value where no column is."""
_FIRST_SIZE = 1 << 14


class Column(NamedTuple):
    """The values of some rows, and what is wrong with those that have none, by place."""

    values: list[Any]
    faults: Mapping[int, InvalidInput]


Columns = Mapping[str, Column]


class When(NamedTuple):
    said: float | None
    """In the file, in Unix seconds, whatever it is moved by; None where it says nothing."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """Reads times: none is from before 1970 or the future."""

    now: datetime
    shift: timedelta
    """What those that are said are moved by."""
    otherwise: datetime
    """Of rows that say none."""

    def __call__(self, cell: Any) -> When:
        """Return the time of a cell, to the millisecond, or raise InvalidInput."""
        said = to_time(cell, "timestamp")
        if said is None:
            return When(None, self.otherwise)
        at = said + self.shift
        if at > self.now + _CLOCK_SLACK:
            raise InvalidInput("timestamp", "lies in the future")
        if at < _EPOCH:
            raise InvalidInput("timestamp", "lies before 1970")
        if at.microsecond:  # of which MongoDB keeps milliseconds
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        return When(said.timestamp(), at)


def read_column(cells: Sequence[Any], convert: Convert) -> Column:
    """Convert cells; each distinct text only once, as files repeat themselves."""
    if set(map(type, cells)) - {str, type(None)}:
        results = [_attempt(cell, convert) for cell in cells]  # 1, 1.0 and True would be one cell
        failed = [r for r in results if isinstance(r, InvalidInput)]
    else:
        by_cell = {cell: _attempt(cell, convert) for cell in set(cells)}
        failed = [r for r in by_cell.values() if isinstance(r, InvalidInput)]
        results = [by_cell[cell] for cell in cells]
    if not failed:
        return Column(results, {})
    return Column(
        results, {at: found for at, found in enumerate(results) if isinstance(found, InvalidInput)}
    )


def _attempt(cell: Any, convert: Convert) -> Any:
    try:
        return convert(cell)
    except InvalidInput as error:
        return error


class EventReader:
    """Reads the batches of one file, in order.

    An event without an id of its own gets one made of what its row says and of how many equal
    rows came before, so that the same file gives the same ids whenever it is read.
    """

    def __init__(
        self, options: EventOptions, kinds: Kinds, *, now: datetime, shift: timedelta
    ) -> None:
        self._options = options
        self._kinds = kinds
        self._now = now
        self._times = Times(now, shift, options.default_time or now)
        self._equal = Occurrences()
        self._contexts: dict[tuple[Any, ...], tuple[EventContext, str]] = {}
        self.ratings = 0
        """Rows that are ratings; they are among the skipped ones."""
        self.untimed = 0
        """Events that got the default time."""

    def read(self, batch: Batch) -> Parsed[Event]:
        """Return the batch's events. Raises InvalidInput if its columns cannot be understood."""
        self._contexts.clear()
        mapping = mapping_of(batch, self._options)
        wanted = batch.selected(self._options.where)
        convert: dict[str, Convert] = {**PLAIN, "event": self._kinds, "timestamp": self._times}
        columns = {
            name: read_column(_cells(batch, mapping.get(name), wanted), to)
            if name in mapping or name in _ALWAYS
            else Column([None] * len(wanted), {})
            for name, to in convert.items()
        }
        kinds = columns["event"].values
        places = [place for place, kind in enumerate(kinds) if kind != RATING]
        faults = _faults(columns)
        sound = [place for place in places if place not in faults]
        self.ratings += len(wanted) - len(places)
        refused = [
            batch.reject(wanted[place], faults[place].message)
            for place in (places if faults else ())
            if place in faults
        ]
        return Parsed(
            batch,
            self._events(columns, _cells(batch, mapping.get("value"), wanted), sound),
            [wanted[place] for place in sound],
            [*batch.broken, *refused],
            len(batch.numbers) - len(places),
        )

    def _events(
        self, columns: Columns, values: Sequence[Any], places: Sequence[int]
    ) -> list[Event]:
        column = {name: found.values for name, found in columns.items()} | {"value": values}
        if len(places) < len(values):
            column = {name: [cells[place] for place in places] for name, cells in column.items()}
        kinds, times = column["event"], column["timestamp"]
        counts = zip(kinds, column["quantity"], column["value"], strict=True)
        quantities = [
            _whole(value) if quantity is None and kind in _COUNTED else quantity
            for kind, quantity, value in counts
        ]
        subjects = list(map(_either, column["user_id"], column["session_id"]))
        contexts = list(map(self._context, zip(*(column[name] for name in CONTEXT), strict=True)))
        said = (
            subjects,
            kinds,
            [time.said for time in times],
            column["item_id"],
            quantities,
            column["price"],
            column["order_id"],
            column["query"],
            [words for _, words in contexts],
        )
        self.untimed += sum(time.said is None for time in times)
        events = map(
            Event,
            map(EventKey, subjects, self._ids(column["event_id"], said)),
            kinds,
            column["item_id"],
            [time.at for time in times],
            repeat(self._now),
            quantities,
            column["price"],
            column["order_id"],
            column["query"],
            [context for context, _ in contexts],
        )
        return list(events)

    def _context(self, words: tuple[Any, ...]) -> tuple[EventContext, str]:
        known = self._contexts.get(words)
        if known is None:
            context = EventContext(*words) if any(words) else NO_CONTEXT
            known = self._contexts[words] = context, "\x1f".join(map(str, words))
        return known

    def _ids(self, own: Sequence[str | None], said: Sequence[Sequence[Any]]) -> Sequence[str]:
        """Return the events' own ids, or those made of what the rows say: columns, in `said`."""
        digests = [
            xxhash.xxh3_128_intdigest("\x1f".join(map(str, words)).encode())
            for id_, words in zip(own, zip(*said, strict=True), strict=True)
            if id_ is None
        ]
        hashes = np.array([digest & _LOW for digest in digests], np.uint64)
        numbers = self._equal.number(hashes).tolist()
        made = (
            f"{digest:032x}-{number}" if number else f"{digest:032x}"
            for digest, number in zip(digests, numbers, strict=True)
        )
        return [next(made) if id_ is None else id_ for id_ in own]


def mapping_of(batch: Batch, options: EventOptions) -> Mapping[str, str]:
    """Return the column of each field, or raise InvalidInput where one is missing."""
    mapping = recognise(list(batch.columns), EVENT_FIELDS, options.columns)
    if "user_id" not in mapping and "session_id" not in mapping:
        raise InvalidInput(
            "columns",
            "none says whose the events are; name it with --user-column or --session-column",
        )
    if "event" not in mapping and options.kind is None:
        raise InvalidInput(
            "columns",
            "none says what was done; name it with --event-column, or say with --kind what all "
            "rows are",
        )
    return mapping


def _either(user: str | None, session: str | None) -> str:
    return user or session or ""


def _cells(batch: Batch, column: str | None, wanted: Sequence[int]) -> Sequence[Any]:
    cells = batch.column(column)
    return cells if len(wanted) == len(cells) else [cells[index] for index in wanted]


def _faults(columns: Columns) -> dict[int, InvalidInput]:
    """Return the first fault of each row that has one, by place."""
    faults: dict[int, InvalidInput] = {}
    for column in columns.values():
        for place, fault in column.faults.items():
            faults.setdefault(place, fault)
    named = [columns[name].values for name in ("user_id", "session_id", "item_id", "event")]
    for place, (user, session, item, kind) in enumerate(zip(*named, strict=True)):
        if not (user or session):
            faults.setdefault(place, _NOBODY)
        elif item is None and kind != Kind.SEARCH:
            faults.setdefault(place, _NOTHING)
    return faults


def _whole(value: Any) -> int | None:
    """Return how many a `value` says; None where it says something else."""
    try:
        number = abs(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() and 1 <= number <= MAX_QUANTITY else None


class Occurrences:
    """Counts equal hashes. Two different things with one hash (64 bits) count as equal."""

    def __init__(self) -> None:
        self._hashes = np.zeros(_FIRST_SIZE, np.uint64)
        self._counts = np.zeros(_FIRST_SIZE, np.int32)
        self._used = 0

    def number(self, hashes: UInt64s) -> Int32s:
        """Return of each hash how many equal ones came before it, in this call and earlier."""
        self._make_room(hashes.size)
        numbers = np.empty(hashes.size, np.int32)
        self._used += number(hashes, self._hashes, self._counts, numbers)
        return numbers

    def _make_room(self, more: int) -> None:
        size = self._hashes.size
        while 3 * (self._used + more) > 2 * size:
            size *= 2
        if size > self._hashes.size:
            hashes, counts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
            move(self._hashes, self._counts, hashes, counts)
            self._hashes, self._counts = hashes, counts


@kernel
def number(hashes: UInt64s, known: UInt64s, counts: Int32s, numbers: Int32s) -> int:
    """Count each hash, write how often it came before, and return how many were new."""
    mask = np.uint64(known.size - 1)
    new = 0
    for at in range(hashes.size):
        place = np.int64(hashes[at] & mask)
        while counts[place] and known[place] != hashes[at]:
            place = (place + 1) & np.int64(mask)
        if not counts[place]:
            known[place] = hashes[at]
            new += 1
        numbers[at] = counts[place]
        counts[place] += 1
    return new


@kernel
def move(known: UInt64s, counts: Int32s, to_known: UInt64s, to_counts: Int32s) -> None:
    mask = np.uint64(to_known.size - 1)
    for at in range(known.size):
        if counts[at]:
            place = np.int64(known[at] & mask)
            while to_counts[place]:
                place = (place + 1) & np.int64(mask)
            to_known[place] = known[at]
            to_counts[place] = counts[at]
