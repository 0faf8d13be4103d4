"""The rows of shoppers and items, on which the tables of all the others rest."""

from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.engine.tables.arrays import Arrays
from app.live.memory import Tables
from app.live.projections.projection import differences, joined, part_of


class IdsProjection:
    """The two indexes of ids. They follow no collection: the other projections fill them."""

    name = "ids"
    version = 1
    collections: tuple[Collection, ...] = ()

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(self) -> None:
        """Nothing of its own to load."""

    def apply(self, change: Change) -> None:
        """Nothing of its own to take in."""

    def forget(self, user_id: str) -> None:
        """An id is gone when the last of the others lets go of it."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return joined(users=self._tables.users.dump(), items=self._tables.items.dump())

    def restore(self, arrays: Arrays) -> None:
        self._tables.users.restore(part_of(arrays, "users"))
        self._tables.items.restore(part_of(arrays, "items"))

    def differences(self, rebuilt: Self) -> list[str]:
        mine, theirs = self._tables, rebuilt._tables
        return [
            *differences("references to users", mine.users.references(), theirs.users.references()),
            *differences("references to items", mine.items.references(), theirs.items.references()),
        ]
