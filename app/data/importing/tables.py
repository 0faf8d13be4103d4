"""Batches of rows, as they are read and as they are understood."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from app.domain.errors import InvalidInput

T = TypeVar("T")


class Reject(NamedTuple):
    """One refused row: where it stood, why, and what it was; text where the line is no row."""

    line: int
    reason: str
    row: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Some thousands of rows as columns; `numbers` and all columns are equally long."""

    numbers: Sequence[int]
    """Line numbers in the file, the header being 1; in Parquet the number of the row."""
    columns: Mapping[str, Sequence[Any]]
    broken: Sequence[Reject]
    """Lines that are not rows at all."""
    done: int
    """How far into the file this batch ends, in the unit of `Table.total`."""

    def column(self, name: str | None) -> Sequence[Any]:
        """Return a column, or as many None where the file has no such column."""
        if name is None or name not in self.columns:
            return [None] * len(self.numbers)
        return self.columns[name]

    def selected(self, where: Sequence[tuple[str, str]]) -> Sequence[int]:
        """Return the indexes of the rows that have the wanted text in the wanted columns."""
        indexes: Sequence[int] = range(len(self.numbers))
        for column, wanted in where:
            if column not in self.columns:
                found = ", ".join(self.columns)
                raise InvalidInput("where", f"there is no column {column!r}; the file has: {found}")
            cells = self.columns[column]
            indexes = [index for index in indexes if _as_text(cells[index]) == wanted]
        return indexes

    def row(self, index: int) -> dict[str, Any]:
        return {name: column[index] for name, column in self.columns.items()}

    def reject(self, index: int, reason: str) -> Reject:
        return Reject(self.numbers[index], reason, self.row(index))


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows. Batches come in file order and hold every column seen so far."""

    total: int
    """Bytes or rows, for a progress bar."""
    batches: Callable[[], Iterator[Batch]]
    """Reads the file from its beginning."""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """The sound rows of a batch, and what became of the others."""

    batch: Batch
    values: list[T]
    indexes: Sequence[int]
    """Where in the batch each value stands."""
    rejects: list[Reject]
    skipped: int

    def reject(self, place: int, reason: str) -> Reject:
        return self.batch.reject(self.indexes[place], reason)


def parse_rows(batch: Batch, indexes: Sequence[int], convert: Callable[[int], T]) -> Parsed[T]:
    """Convert the rows of these indexes one by one; rejects are those it raises InvalidInput of."""
    values, sound, rejects = [], [], list(batch.broken)
    for index in indexes:
        try:
            values.append(convert(index))
            sound.append(index)
        except InvalidInput as error:
            rejects.append(batch.reject(index, error.message))
    return Parsed(batch, values, sound, rejects, len(batch.numbers) - len(indexes))


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
