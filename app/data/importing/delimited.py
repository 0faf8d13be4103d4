"""Rows of CSV and TSV, where one broken line costs only itself."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from typing import NamedTuple

_MAX_LINES = 100  # of one row: a stray quote must not swallow the rest of the file
_UNFINISHED = "unexpected end of data"  # what csv says of a cell whose quote is still open


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
