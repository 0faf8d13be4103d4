"""CSV, TSV, JSON Lines and Parquet in batches; polars is loaded for Parquet only."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

import orjson

from app.data.importing.tables import Batch, Reject, Table
from app.domain.errors import InvalidInput

KINDS = ".csv, .csv.gz, .tsv, .tsv.gz, .jsonl, .jsonl.gz or .parquet"
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_LINE = 4 * 1024 * 1024
# The lone quote makes it a broken line for every reader.
_TOO_LONG = '"a line of more than 4 MiB, left out'
_MAX_LINES = 100  # of one row: a stray quote must not swallow the rest of the file
_UNFINISHED = "unexpected end of data"  # what csv says of a cell whose quote is still open


def open_table(path: Path, *, rows: int, encoding: str = "utf-8") -> Table:
    """Return the file as a table of batches of at most `rows` rows; its ending says the kind.

    Raises InvalidInput for an unknown ending or a missing file, and while being read for a file
    that cannot be read on.
    """
    kind, total = _kind_of(path), size_of(path)
    if kind == ".parquet":
        return _parquet_table(path, rows)
    encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    if kind == ".jsonl":
        return Table(total, partial(_json_lines, path, rows, encoding))
    delimiter = "\t" if kind == ".tsv" else None
    return Table(total, partial(_delimited, path, rows, encoding, delimiter))


def _kind_of(path: Path) -> str:
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    kind = ".jsonl" if kind == ".ndjson" else kind
    if kind not in {".csv", ".tsv", ".jsonl", ".parquet"}:
        raise InvalidInput("file", f"{path.name} must end in {KINDS}")
    return kind


def unreadable(path: Path, error: BaseException) -> InvalidInput:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InvalidInput("file", f"{path} cannot be read: {reason}")


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[tuple[TextIO, Callable[[], int]]]:
    """Open a file as text, unpacked if its first bytes say gzip, and tell how to ask its position.

    Bytes that are no text in `encoding` become lone surrogates, which no id and no text may
    contain: such rows are rejected one by one instead of ending the import.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            data = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
            # newline="\n": carriage returns inside quoted cells stay as they are
            with io.TextIOWrapper(data, encoding, "surrogateescape", newline="\n") as text:
                yield text, raw.tell
    except (OSError, EOFError, zlib.error, LookupError, UnicodeError) as error:
        raise unreadable(path, error) from error


def lines_of(text: TextIO) -> Iterator[str]:
    """Yield the lines with their ends. One without end does not fill the memory."""
    while line := text.readline(_MAX_LINE):
        if len(line) == _MAX_LINE and not line.endswith("\n"):
            _skip_line(text)
            line = _TOO_LONG
        yield line


def size_of(path: Path) -> int:
    """Return the size in bytes, or raise InvalidInput if there is no such file."""
    try:
        if not path.is_file():
            raise InvalidInput("file", f"{path} is not a file")
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error


def _skip_line(text: TextIO) -> None:
    while (rest := text.readline(_MAX_LINE)) and not rest.endswith("\n"):
        pass


class Line(NamedTuple):
    """A row of text; `cells` is None where the quotes do not match."""

    number: int
    cells: list[str] | None
    text: str


class Lines:
    """The lines after the header, in portions."""

    def __init__(self, lines: Iterator[str], delimiter: str, width: int) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._pending: deque[str] = deque()
        self.number = 1
        """Of the last line taken; the header is line 1."""

    def plain_columns(self, count: int) -> list[list[str]] | None:
        """Take up to `count` lines as columns; None, and nothing taken, if one needs care.

        Lines without quotes and with the right number of cells are cut all at once, which is
        many times as fast as one by one.
        """
        chunk = self._take(count)
        columns = _cut(chunk, self._delimiter, self._width)
        if columns is None:
            self._pending.extendleft(reversed(chunk))
        else:
            self.number += len(chunk)
        return columns

    def rows(self, count: int) -> list[Line]:
        """Take up to `count` rows one by one; blank lines are passed over."""
        rows: list[Line] = []
        while len(rows) < count and (line := self._next()) is not None:
            number, text = self.number, line.rstrip("\r\n")
            if '"' in text:
                rows.append(Line(number, self._quoted(line), text))
            elif text:
                rows.append(Line(number, text.split(self._delimiter), text))
        return rows

    def _take(self, count: int) -> list[str]:
        old = [self._pending.popleft() for _ in range(min(count, len(self._pending)))]
        return [*old, *islice(self._lines, count - len(old))]

    def _next(self) -> str | None:
        line = self._pending.popleft() if self._pending else next(self._lines, None)
        if line is not None:
            self.number += 1
        return line

    def _quoted(self, line: str) -> list[str] | None:
        cells, unfinished = parse(line, self._delimiter)
        more: list[str] = []
        while unfinished and len(more) < _MAX_LINES and (following := self._next()) is not None:
            more.append(following)
            if '"' in following:
                cells, unfinished = parse("".join([line, *more]), self._delimiter)
        if not more or (cells is not None and len(cells) == self._width):
            return cells
        self._pending.extendleft(reversed(more))
        self.number -= len(more)
        return None


def _cut(chunk: Sequence[str], delimiter: str, width: int) -> list[list[str]] | None:
    text = "".join(chunk)
    counts = set(map(str.count, chunk, repeat(delimiter)))
    if '"' in text or width == 1 or counts - {width - 1}:
        return None
    cells = text.replace("\r\n", "\n").removesuffix("\n").replace("\n", delimiter).split(delimiter)
    return [cells[place::width] for place in range(width)] if chunk else [[]] * width


def parse(text: str, delimiter: str) -> tuple[list[str] | None, bool]:
    """Return the cells of one row, or None and whether more lines might complete it."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True)), False
    except csv.Error as error:
        return None, str(error) == _UNFINISHED


def header_of(line: str, delimiter: str | None) -> tuple[list[str], str]:
    """Return the column names, and the delimiter: for None the likeliest of `,` `;` and tab."""
    text = line.rstrip("\r\n")
    found = delimiter or max(",;\t", key=text.count)
    cells, _ = parse(text, found) if text else (None, False)
    names = [cell.strip() for cell in cells or []]
    return [name or f"column_{place}" for place, name in enumerate(names, 1)], found


def _delimited(path: Path, rows: int, encoding: str, delimiter: str | None) -> Iterator[Batch]:
    with open_text(path, encoding) as (text, position):
        lines = lines_of(text)
        names, delimiter = header_of(next(lines, ""), delimiter)
        if not names:
            raise InvalidInput("file", f"{path.name} has no header line")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidInput("columns", f"the header names {', '.join(twice)} more than once")
        rest = Lines(lines, delimiter, len(names))
        while batch := _next_batch(rest, rows, names, position):
            yield batch


def _next_batch(
    rest: Lines, count: int, names: list[str], position: Callable[[], int]
) -> Batch | None:
    first = rest.number + 1
    columns = rest.plain_columns(count)
    if columns is None:
        rows = rest.rows(count)
        return _to_batch(rows, names, position()) if rows else None
    if not columns[0]:
        return None
    numbers = range(first, rest.number + 1)
    return Batch(numbers, dict(zip(names, columns, strict=True)), [], position())


def _to_batch(rows: list[Line], names: list[str], done: int) -> Batch:
    width = len(names)
    good = [row for row in rows if row.cells and len(row.cells) == width]
    columns = zip(*(row.cells or () for row in good), strict=True) if good else ((),) * width
    return Batch(
        numbers=[row.number for row in good],
        columns=dict(zip(names, columns, strict=True)),
        broken=[
            Reject(row.number, _fault(row.cells, width), row.text)
            for row in rows
            if row.cells is None or len(row.cells) != width
        ],
        done=done,
    )


def _fault(cells: list[str] | None, width: int) -> str:
    if cells is None:
        return "broken line: quotes do not match"
    return f"broken line: {len(cells)} cells where the header has {width}"


def _json_lines(path: Path, count: int, encoding: str) -> Iterator[Batch]:
    names: dict[str, None] = {}
    with open_text(path, encoding) as (text, position):
        lines = enumerate(lines_of(text), 1)
        while chunk := list(islice(lines, count)):
            numbers, rows, broken = _to_rows(chunk)
            for row in rows:
                names.update(dict.fromkeys(row))
            columns = {name: [row.get(name) for row in rows] for name in names}
            yield Batch(numbers, columns, broken, position())


def _to_rows(
    chunk: list[tuple[int, str]],
) -> tuple[list[int], list[dict[str, Any]], list[Reject]]:
    numbers, rows, broken = [], [], []
    for number, line in chunk:
        if line.isspace():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            broken.append(Reject(number, f"broken line: {error.msg}", line.rstrip()))
            continue
        if isinstance(row, dict):
            numbers.append(number)
            rows.append(row)
        else:
            broken.append(Reject(number, "broken line: not a JSON object", line.rstrip()))
    return numbers, rows, broken


def _parquet_table(path: Path, rows: int) -> Table:
    import polars as pl

    def collected(frame: pl.LazyFrame) -> pl.DataFrame:
        try:
            return frame.collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise unreadable(path, error) from error

    def batches() -> Iterator[Batch]:
        for start in range(0, total, rows):
            part = collected(frame.slice(start, rows))
            end = start + part.height
            columns = {column.name: column.to_list() for column in part}
            yield Batch(range(start + 1, end + 1), columns, [], end)

    frame = pl.scan_parquet(path, glob=False)
    total = int(collected(frame.select(pl.len())).item())
    return Table(total, batches)
