"""Events from a file into the shop.

An import can be killed and repeated: an event has its own id or one made of its row, and one that
is stored stays as it is. Times may be as old as 1970: what has faded weighs little.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from app.data.importing.event_rows import EventReader, mapping_of, read_column
from app.data.importing.names import Kinds
from app.data.importing.readers import open_table
from app.data.importing.runs import (
    UNKNOWN_ITEM,
    EventOptions,
    ImportReport,
    ImportRun,
    ItemWriter,
    KnownItems,
    Outcome,
    Progress,
    no_progress,
)
from app.data.importing.tables import Parsed, Table
from app.data.importing.values import to_time
from app.domain.changes import Written
from app.domain.events import Event
from app.domain.ports import ItemRepository
from app.domain.settings import ShopSettings
from app.services.events import Stored

BATCH = 20_000
WEEK = timedelta(weeks=1)


class EventWriter(Protocol):
    """The service of events, as imports see it."""

    def store(self, events: Sequence[Event]) -> Written[Stored]:
        """Store sound events; the value tells of each whether it is new, and whose left."""


class EventImport:
    def __init__(
        self,
        events: EventWriter,
        items: ItemRepository,
        settings: Callable[[], ShopSettings],
        writer: ItemWriter | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._events = events
        self._items = items
        self._settings = settings
        self._writer = writer
        """Only for `create_items`."""
        self._now = now

    def run(
        self,
        path: Path,
        options: EventOptions | None = None,
        progress: Progress = no_progress,
    ) -> ImportReport:
        options = options or EventOptions()
        now = self._now()
        known = KnownItems(self._items, self._writer, create=options.create_items)
        kinds = Kinds(self._settings().weights, options.kind_map, options.kind)
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        shift = weeks_to(now, last_time(table, options)) if options.shift_to_now else timedelta()
        reader = EventReader(options, kinds, now=now, shift=shift)
        store = partial(self._store, known=known)
        report = ImportRun(path, options, table, reader.read, store).run(progress)
        return replace(report, notes=list(_notes(reader, options, shift, now)))

    def _store(self, parsed: Parsed[Event], known: KnownItems) -> Outcome:
        known.learn({e.item_id for e in parsed.values if e.item_id is not None})
        places, rejects, repeated = [], [], 0
        for place, event in enumerate(parsed.values):
            if event.item_id is None or event.item_id in known:
                places.append(place)
            else:
                rejects.append(parsed.reject(place, UNKNOWN_ITEM))
        stored = self._events.store([parsed.values[place] for place in places]).value
        for place, new in zip(places, stored.new, strict=True):
            left = stored.leaving.get(parsed.values[place].key.subject)
            if left is not None:
                rejects.append(parsed.reject(place, left.message))
            elif not new:
                repeated += 1
        return Outcome(rejects, repeated)


def weeks_to(now: datetime, last: datetime | None) -> timedelta:
    """Return what moves `last` into the week that ends `now`: whole weeks keep weekday and hour."""
    return timedelta() if last is None else (now - last) // WEEK * WEEK


def last_time(table: Table, options: EventOptions) -> datetime | None:
    """Return the last time that a file says; None where it says none."""
    found: set[datetime] = set()
    for batch in table.batches():
        cells = batch.column(mapping_of(batch, options).get("timestamp"))
        wanted = [cells[index] for index in batch.selected(options.where)]
        times = read_column(wanted, lambda cell: to_time(cell, "timestamp"))
        found |= {time for time in times.values if isinstance(time, datetime)}
        found = {max(found)} if found else found
    return max(found, default=None)


def _notes(
    reader: EventReader, options: EventOptions, shift: timedelta, now: datetime
) -> Iterator[str]:
    if reader.ratings:
        yield f"Rows that are ratings: {reader.ratings:,}; for those: flask import ratings"
    if reader.untimed:
        at = (options.default_time or now).isoformat(timespec="seconds")
        what = "--default-time" if options.default_time else "the time of this import"
        yield f"Rows without a time: {reader.untimed:,}; they were given {what}, {at}"
    if shift:
        yield f"All times were moved by {shift // WEEK:,} weeks"
