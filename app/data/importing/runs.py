"""The run of an import: options, report, the items it knows, and reading ahead of the writer."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, NamedTuple, Protocol, TypeVar

from app.data.importing.rejects import RejectFile
from app.data.importing.tables import Batch, Parsed, Reject, Table
from app.domain.catalogue import Item
from app.domain.changes import Position
from app.domain.errors import Misconfigured
from app.domain.ports import ItemRepository

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with how far the import is, and the total."""
UNKNOWN_ITEM = "unknown item"


class ItemWriter(Protocol):
    """The catalogue service, as imports see it."""

    def put_many(self, items: Sequence[Item]) -> Position | None:
        """Store many items, encoded; an item that exists keeps its time of creation."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How one file is to be read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Field name -> column, where the user names it outright."""
    where: Sequence[tuple[str, str]] = ()
    """Only rows that have this text in this column, all of them."""
    rejects: Path | None = None
    """File for the refused rows; None: they are only counted."""
    create_items: bool = False
    """Ratings and events: an unknown item is created bare instead of refused."""
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class EventOptions(ImportOptions):
    """How one file of events is to be read."""

    kind: str | None = None
    """Of rows that say none."""
    kind_map: Mapping[str, str] = field(default_factory=dict)
    """Word of the file -> kind, where the usual words do not do."""
    default_time: datetime | None = None
    """Of rows that have none; None: the time of the import."""
    shift_to_now: bool = False
    """Move all times by the whole weeks that bring the last one into the week that ends now."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file: rows = stored + repeated + skipped + rejected."""

    rows: int
    stored: int
    skipped: int
    rejected: int
    seconds: float
    reasons: Mapping[str, int]
    """Why rows were rejected, and how many each."""
    rejects: Path | None
    ignored: Sequence[str] = ()
    """Columns of the file nobody asked for."""
    repeated: int = 0
    """Rows that an earlier run has stored, or an earlier row of the same id."""
    notes: Sequence[str] = ()
    """What else the user should know, in sentences."""

    @property
    def rate(self) -> float:
        return self.stored / self.seconds if self.seconds > 0 else 0.0


class Outcome(NamedTuple):
    """What became of the values of a batch; the others are stored."""

    rejects: list[Reject]
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class ImportRun(Generic[T]):
    """One file into the shop: parsed in one thread while the other stores."""

    path: Path
    options: ImportOptions
    table: Table
    parse: Callable[[Batch], Parsed[T]]
    store: Callable[[Parsed[T]], Outcome]

    def run(self, progress: Progress) -> ImportReport:
        started = time.monotonic()
        stored = repeated = skipped = 0
        with uncollected(), RejectFile(self.path, self.options.rejects) as rejects:
            for parsed in ahead(map(self.parse, self.table.batches())):
                outcome = self.store(parsed)
                for reject in (*parsed.rejects, *outcome.rejects):
                    rejects.add(reject)
                stored += len(parsed.values) - len(outcome.rejects) - outcome.repeated
                repeated += outcome.repeated
                skipped += parsed.skipped
                progress(parsed.batch.done, self.table.total)
        rejected = rejects.reasons.total()
        return ImportReport(
            rows=stored + repeated + skipped + rejected,
            stored=stored,
            skipped=skipped,
            rejected=rejected,
            seconds=time.monotonic() - started,
            reasons=dict(rejects.reasons.most_common()),
            rejects=rejects.path,
            repeated=repeated,
        )


class KnownItems:
    """The items of one run, as far as they have come up."""

    def __init__(self, items: ItemRepository, writer: ItemWriter | None, *, create: bool) -> None:
        if create and writer is None:
            raise Misconfigured("This import was built without a catalogue to create items in.")
        self._items = items
        self._writer = writer if create else None
        self._known: set[str] = set()

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._known

    def learn(self, item_ids: set[str]) -> None:
        """Look up those that have not come up yet; put those that are missing there, if wanted."""
        new = item_ids - self._known
        if not new:
            return
        present = self._items.existing(new)
        if self._writer is not None and (missing := new - present):
            self._writer.put_many([Item(item_id) for item_id in sorted(missing)])
            present = new
        self._known |= present

    def forget(self, item_ids: set[str]) -> None:
        self._known -= item_ids


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the cycle collector off while the body runs.

    Rows are freed when the last reference goes; looking for cycles among so many young objects
    takes as long as making them.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def ahead(source: Iterator[T], *, depth: int = 2) -> Iterator[T]:
    """Yield what `source` yields, made by a thread that is up to `depth` steps ahead."""
    queue: Queue[tuple[bool, T | BaseException | None]] = Queue(depth)
    stop = Event()

    def put(more: bool, value: T | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                queue.put((more, value), timeout=0.1)
            except Full:
                continue
            return True
        return False

    def fill() -> None:
        try:
            for value in source:
                if not put(True, value):
                    return
            put(False, None)
        except BaseException as error:
            put(False, error)

    thread = Thread(target=fill, name="reader", daemon=True)
    thread.start()
    try:
        yield from _drain(queue)
    finally:
        stop.set()
        thread.join()


def _drain(queue: "Queue[tuple[bool, T | BaseException | None]]") -> Iterator[T]:
    while True:
        more, value = queue.get()
        if more:
            yield value  # type: ignore[misc]  # `more` says that it is a value
        elif isinstance(value, BaseException):
            raise value
        else:
            return
