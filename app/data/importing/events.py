"""Events from a file into the shop.

An import can be killed and repeated: an event has its own id or one made of its row, and one that
is stored stays as it is. Times may be as old as 1970: what has faded weighs little.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from app.data.importing.event_columns import read_column
from app.data.importing.event_rows import EventReader, mapping_of
from app.data.importing.names import Kinds
from app.data.importing.readers import open_table
from app.data.importing.rejects import Reject, RejectFile
from app.data.importing.runs import (
    UNKNOWN_ITEM,
    WEEK,
    EventOptions,
    ImportReport,
    ItemWriter,
    KnownItems,
    Progress,
    Tally,
    ahead,
    no_progress,
    selected,
    uncollected,
    weeks_to,
)
from app.data.importing.tables import Parsed, Table
from app.data.importing.values import to_time
from app.domain.changes import Written
from app.domain.events import Event
from app.domain.ports import ItemRepository
from app.domain.settings import ShopSettings
from app.services.events import Stored

BATCH = 20_000


class EventWriter(Protocol):
    """The service of events, as imports see it."""

    def store(self, events: Sequence[Event]) -> Written[Stored]:
        """Store sound events; the value tells of each whether it is new, and whose left."""


class EventImport:
    """Reads and checks in one thread while the other writes."""

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
        """Import a file of events.

        Raises InvalidInput where the file or its columns cannot be understood, StoreUnavailable
        where the database goes away: what was written until then stays.
        """
        options = options or EventOptions()
        now = self._now()
        known = KnownItems(self._items, self._writer, create=options.create_items)
        kinds = Kinds(self._settings().weights, options.kind_map, options.kind)
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        shift = weeks_to(now, last_time(table, options)) if options.shift_to_now else timedelta()
        reader = EventReader(options, kinds, now=now, shift=shift)
        tally = Tally()
        with uncollected(), RejectFile(path, options.rejects) as rejects:
            for parsed in ahead(map(reader.read, table)):
                known.learn({e.item_id for e in parsed.values if e.item_id is not None})
                for reject in (*parsed.rejects, *self._store(parsed, known, tally)):
                    rejects.add(reject)
                tally.skipped += parsed.skipped
                progress(parsed.batch.done, table.total)
            return tally.report(rejects, notes=list(_notes(reader, options, shift, now)))

    def _store(self, parsed: Parsed[Event], known: KnownItems, tally: Tally) -> Iterator[Reject]:
        """Write what has an item; yield rejects for the rest."""
        places = []
        for place, event in enumerate(parsed.values):
            if event.item_id is None or event.item_id in known:
                places.append(place)
            else:
                yield parsed.reject(place, UNKNOWN_ITEM)
        stored = self._events.store([parsed.values[place] for place in places]).value
        for place, new in zip(places, stored.new, strict=True):
            left = stored.leaving.get(parsed.values[place].key.subject)
            if left is not None:
                yield parsed.reject(place, left.message)
            elif new:
                tally.stored += 1
            else:
                tally.repeated += 1


def last_time(table: Table, options: EventOptions) -> datetime | None:
    """Return the last time that a file says; None where it says none."""
    found: set[datetime] = set()
    for batch in table:
        column = mapping_of(batch, options).get("timestamp")
        cells = batch.column(column)
        wanted = [cells[index] for index in selected(batch, options.where)]
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
