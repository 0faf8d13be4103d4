"""Items, ratings and events as files, from which an import makes the same state again."""

import csv
import gzip
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import orjson

from app.domain import subjects
from app.domain.catalogue import Item
from app.domain.errors import InvalidInput
from app.domain.events import Event
from app.domain.ports import EventRepository, ItemRepository, RatingRepository
from app.domain.ratings import Rating

if TYPE_CHECKING:
    import polars as pl


KINDS = ".csv, .csv.gz, .jsonl, .jsonl.gz or .parquet"
_CHUNK = 20_000
Row = tuple[Any, ...]


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write the rows and return how many.

    They go to a temporary name beside `path` first: a reader of `path` sees the former file or
    the whole new one. Raises InvalidInput for an unknown ending or an unwritable place.
    """
    write = _writer_for(path)
    counter = _Counted(rows)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(partial, columns, counter)
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise InvalidInput("file", f"{path} cannot be written: {reason}") from error
    finally:
        partial.unlink(missing_ok=True)
    return counter.count


class _Counted:
    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            yield row
            self.count += 1


Write = Callable[[Path, Sequence[str], Iterable[Row]], None]


def _writer_for(path: Path) -> Write:
    name = path.name.lower()
    packed = name.endswith(".gz")
    kind = Path(name.removesuffix(".gz")).suffix
    if kind == ".csv":
        return lambda *table: _write_csv(*table, packed=packed)
    if kind == ".jsonl":
        return lambda *table: _write_json_lines(*table, packed=packed)
    if kind == ".parquet" and not packed:
        return _write_parquet
    raise InvalidInput("file", f"{path.name} must end in {KINDS}")


@contextmanager
def _text_file(path: Path, *, packed: bool) -> Iterator[TextIO]:
    with path.open("wb") as raw:
        if not packed:
            with io.TextIOWrapper(raw, "utf-8", newline="") as text:
                yield text
            return
        with (
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as data,
            io.TextIOWrapper(data, "utf-8", newline="") as text,
        ):
            yield text


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row], *, packed: bool) -> None:
    with _text_file(path, packed=packed) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_to_cell(value) for value in row])


def _write_json_lines(
    path: Path, columns: Sequence[str], rows: Iterable[Row], *, packed: bool
) -> None:
    with _text_file(path, packed=packed) as text:
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            text.write(orjson.dumps(values, option=orjson.OPT_UTC_Z).decode() + "\n")


def _write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    from polars.io.plugins import register_io_source

    schema = _schema(columns)

    def frames(*_: object) -> "Iterator[pl.DataFrame]":
        import polars as pl

        iterator = map(_flat, rows) if "attributes" in columns else iter(rows)
        while chunk := list(islice(iterator, _CHUNK)):
            yield pl.DataFrame(chunk, schema=schema, orient="row")

    register_io_source(frames, schema=schema).sink_parquet(path)


def _flat(row: Row) -> Row:
    """Return a row whose objects are JSON: a column of them would need the same names in all."""
    return tuple(_to_json(value) if isinstance(value, dict) else value for value in row)


def _schema(columns: Sequence[str]) -> "dict[str, Any]":
    import polars as pl

    special: dict[str, Any] = {
        "price": pl.Float64,
        "rating": pl.Float64,
        "quantity": pl.Int64,
        "in_stock": pl.Boolean,
        "tags": pl.List(pl.String),
        "features": pl.List(pl.Float64),
        "timestamp": pl.Datetime("ms", "UTC"),
    }
    return {name: special.get(name, pl.String) for name in columns}


def _to_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return _join(value)
    return _to_json(value) if isinstance(value, dict) else value


def _to_json(value: dict[str, Any]) -> str | None:
    return orjson.dumps(value).decode() if value else None


def _join(values: Row) -> str:
    """Return tags joined by `|`, or as a JSON list where that could be read otherwise."""
    texts = [value for value in values if isinstance(value, str)]
    plain = all(text == text.strip() and text and not set(text) & set("|,[") for text in texts)
    if len(texts) == len(values) and plain:
        return "|".join(texts)
    return orjson.dumps(values).decode()


_PAGE = 2_000
ITEM_COLUMNS = (
    "item_id",
    "title",
    "category",
    "brand",
    "price",
    "tags",
    "description",
    "image_url",
    "in_stock",
    "group_id",
    "features",
    "attributes",
    "vectors",
)
RATING_COLUMNS = ("user_id", "item_id", "rating", "timestamp")
EVENT_COLUMNS = (
    "user_id",
    "session_id",
    "event_id",
    "event",
    "item_id",
    "timestamp",
    "quantity",
    "price",
    "order_id",
    "query",
    "page",
    "device",
    "placement",
    "country",
    "recommendation_id",
)


@dataclass(frozen=True, slots=True)
class ExportReport:
    rows: int
    seconds: float


class Exports:
    """Streams items by id, ratings by shopper, events by subject; the ending says the file kind."""

    def __init__(
        self, items: ItemRepository, ratings: RatingRepository, events: EventRepository
    ) -> None:
        self._items = items
        self._ratings = ratings
        self._events = events

    def export_items(self, path: Path) -> ExportReport:
        return _export(path, ITEM_COLUMNS, map(_item_row, self._all_items()))

    def export_ratings(self, path: Path) -> ExportReport:
        return _export(path, RATING_COLUMNS, map(rating_row, self._ratings.rows()))

    def export_events(self, path: Path) -> ExportReport:
        return _export(path, EVENT_COLUMNS, map(event_row, self._events.rows()))

    def _all_items(self) -> Iterator[Item]:
        # pages, not scan(): in the order of the ids
        after: str | None = None
        while page := self._items.page(after=after, limit=_PAGE):
            yield from page
            after = page[-1].item_id


def _export(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> ExportReport:
    started = time.monotonic()
    return ExportReport(write_table(path, columns, rows), time.monotonic() - started)


def _item_row(item: Item) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in ITEM_COLUMNS)


def rating_row(rating: Rating) -> tuple[str, str, float, datetime | None]:
    """Return what stands in `RATING_COLUMNS`."""
    at = rating.rated_at
    return rating.user_id, rating.item_id, rating.rating, None if at is None else _in_utc(at)


def event_row(event: Event) -> tuple[Any, ...]:
    """Return what stands in `EVENT_COLUMNS`."""
    session_id = subjects.session_id_of(event.key.subject)
    return (
        event.key.subject if session_id is None else None,
        session_id,
        event.key.event_id,
        event.kind,
        event.item_id,
        _in_utc(event.at),
        event.quantity,
        event.price,
        event.order_id,
        event.query,
        *(getattr(event.context, name) for name in EVENT_COLUMNS[-5:]),
    )


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
