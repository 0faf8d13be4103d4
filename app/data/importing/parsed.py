"""What has been understood of a batch of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.data.importing.rejects import Reject
from app.data.importing.tables import Batch

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
