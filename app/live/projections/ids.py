"""Which shopper and which item has which row: what the tables of all the others rest on."""

from collections.abc import Iterator
from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.engine.tables.arrays import Arrays
from app.engine.tables.ids import IdIndex
from app.live.memory import Tables
from app.live.projections.projection import differences


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
        return {
            f"{name}.{part}": array
            for name, index in self._indexes()
            for part, array in index.dump().items()
        }

    def restore(self, arrays: Arrays) -> None:
        for name, index in self._indexes():
            start = f"{name}."
            index.restore(
                {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
            )

    def differences(self, rebuilt: Self) -> list[str]:
        pairs = zip(self._indexes(), rebuilt._indexes(), strict=True)
        return [
            line
            for (name, mine), (_, theirs) in pairs
            for line in differences(f"references to {name}", mine.references(), theirs.references())
        ]

    def _indexes(self) -> Iterator[tuple[str, IdIndex]]:
        yield "users", self._tables.users
        yield "items", self._tables.items
