"""CSV, TSV, JSON Lines and Parquet in batches; polars is loaded for Parquet only."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import orjson

from app.data.importing.delimited import Line, Lines, header_of
from app.data.importing.files import lines_of, open_text, size_of, unreadable
from app.data.importing.tables import Batch, Broken, Table
from app.domain.errors import InvalidInput

KINDS = ".csv, .csv.gz, .tsv, .tsv.gz, .jsonl, .jsonl.gz or .parquet"


def open_table(path: Path, *, rows: int, encoding: str = "utf-8") -> Table:
    """Return the file as a table of batches of at most `rows` rows; its ending says the kind.

    Raises InvalidInput for an unknown ending or a missing file, and while being read for a file
    that cannot be read on.
    """
    kind = _kind_of(path)
    if kind == ".parquet":
        return _ParquetTable(path, rows)
    encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    if kind == ".jsonl":
        return _JsonTable(path, rows, encoding)
    return _DelimitedTable(path, rows, encoding, "\t" if kind == ".tsv" else None)


def _kind_of(path: Path) -> str:
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    kind = ".jsonl" if kind == ".ndjson" else kind
    if kind not in {".csv", ".tsv", ".jsonl", ".parquet"}:
        raise InvalidInput("file", f"{path.name} must end in {KINDS}")
    return kind


class _DelimitedTable:
    def __init__(self, path: Path, rows: int, encoding: str, delimiter: str | None) -> None:
        self.total = size_of(path)
        self._path, self._rows, self._encoding = path, rows, encoding
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[Batch]:
        with open_text(self._path, self._encoding) as (text, position):
            lines = lines_of(text)
            names, delimiter = header_of(next(lines, ""), self._delimiter)
            self._check_header(names)
            rest = Lines(lines, delimiter, len(names))
            while batch := self._next_batch(rest, names, position):
                yield batch

    def _next_batch(
        self, rest: Lines, names: list[str], position: Callable[[], int]
    ) -> Batch | None:
        first = rest.number + 1
        columns = rest.plain_columns(self._rows)
        if columns is None:
            rows = rest.rows(self._rows)
            return _to_batch(rows, names, position()) if rows else None
        if not columns[0]:
            return None
        numbers = range(first, rest.number + 1)
        return Batch(numbers, dict(zip(names, columns, strict=True)), [], position())

    def _check_header(self, names: list[str]) -> None:
        if not names:
            raise InvalidInput("file", f"{self._path.name} has no header line")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidInput("columns", f"the header names {', '.join(twice)} more than once")


def _to_batch(rows: list[Line], names: list[str], done: int) -> Batch:
    width = len(names)
    good = [row for row in rows if row.cells and len(row.cells) == width]
    columns = zip(*(row.cells or () for row in good), strict=True) if good else ((),) * width
    return Batch(
        numbers=[row.number for row in good],
        columns=dict(zip(names, columns, strict=True)),
        broken=[
            Broken(row.number, _fault(row.cells, width), row.text)
            for row in rows
            if row.cells is None or len(row.cells) != width
        ],
        done=done,
    )


def _fault(cells: list[str] | None, width: int) -> str:
    if cells is None:
        return "broken line: quotes do not match"
    return f"broken line: {len(cells)} cells where the header has {width}"


class _JsonTable:
    def __init__(self, path: Path, rows: int, encoding: str) -> None:
        self.total = size_of(path)
        self._path, self._rows, self._encoding = path, rows, encoding

    def __iter__(self) -> Iterator[Batch]:
        with open_text(self._path, self._encoding) as (text, position):
            yield from self._batches(text, position)

    def _batches(self, text: TextIO, position: Callable[[], int]) -> Iterator[Batch]:
        names: dict[str, None] = {}
        lines = enumerate(lines_of(text), 1)
        while chunk := list(islice(lines, self._rows)):
            numbers, rows, broken = _to_rows(chunk)
            for row in rows:
                names.update(dict.fromkeys(row))
            columns = {name: [row.get(name) for row in rows] for name in names}
            yield Batch(numbers, columns, broken, position())


def _to_rows(
    chunk: list[tuple[int, str]],
) -> tuple[list[int], list[dict[str, Any]], list[Broken]]:
    numbers, rows, broken = [], [], []
    for number, line in chunk:
        if line.isspace():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            broken.append(Broken(number, f"broken line: {error.msg}", line.rstrip()))
            continue
        if isinstance(row, dict):
            numbers.append(number)
            rows.append(row)
        else:
            broken.append(Broken(number, "broken line: not a JSON object", line.rstrip()))
    return numbers, rows, broken


class _ParquetTable:
    def __init__(self, path: Path, rows: int) -> None:
        import polars as pl

        size_of(path)
        self._path, self._rows = path, rows
        try:
            self._frame = pl.scan_parquet(path, glob=False)
            self.total = int(self._frame.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise unreadable(path, error) from error

    def __iter__(self) -> Iterator[Batch]:
        import polars as pl

        for start in range(0, self.total, self._rows):
            try:
                frame = self._frame.slice(start, self._rows).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise unreadable(self._path, error) from error
            columns = {column.name: column.to_list() for column in frame}
            end = start + frame.height
            yield Batch(range(start + 1, end + 1), columns, [], end)
