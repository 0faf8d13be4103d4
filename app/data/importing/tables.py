"""What every reader hands on: batches of columns, and the lines it could not read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from app.data.importing.rejects import Reject


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is not a row at all."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some thousands of rows as columns; `numbers` and all columns are equally long."""

    numbers: Sequence[int]
    """Line numbers in the file, the header being 1; in Parquet the number of the row."""
    columns: Mapping[str, Sequence[Any]]
    broken: Sequence[Broken]
    done: int
    """How far into the file this batch ends, in the unit of `Table.total`."""

    def row(self, index: int) -> dict[str, Any]:
        """Return one row by column name."""
        return {name: column[index] for name, column in self.columns.items()}

    def column(self, name: str | None) -> Sequence[Any]:
        """Return a column, or as many None where the file has no such column."""
        if name is None or name not in self.columns:
            return [None] * len(self.numbers)
        return self.columns[name]


class Table(Protocol):
    """A file of rows. Batches come in file order and hold every column seen so far."""

    total: int
    """Bytes or rows, for a progress bar."""

    def __iter__(self) -> Iterator[Batch]: ...


T = TypeVar("T")


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
        """Return the reject of the value at `place`."""
        index = self.indexes[place]
        return Reject(self.batch.numbers[index], reason, self.batch.row(index))
