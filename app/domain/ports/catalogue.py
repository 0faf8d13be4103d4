"""Items."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.catalogue import Item
from app.domain.changes import Position, Written


class ItemRepository(Protocol):
    """The catalogue by item id."""

    def add(self, item: Item) -> Written[Item]:
        """Store a new item, or raise ItemTaken."""

    def replace_if_unchanged(self, item: Item, *, seen: Item) -> Written[Item]:
        """Replace the item if it is still as `seen`, or raise Conflict."""

    def replace_many(self, items: Sequence[Item]) -> Position | None:
        """Store many items whole; the last of equal ids wins."""

    def replace_many_if_unchanged(self, pairs: Sequence[tuple[Item, Item]]) -> Written[int]:
        """Replace items (new, as seen) that are still as seen; the value tells how many were."""

    def find(self, item_id: str) -> Item | None:
        """Return one item."""

    def count(self) -> int:
        """Return about how many items there are."""

    def existing(self, item_ids: Iterable[str]) -> set[str]:
        """Return those of the ids that are in the catalogue."""

    def created(self, item_ids: Iterable[str]) -> dict[str, datetime]:
        """Return when those of the items that exist were created."""

    def features_length(self) -> int | None:
        """Return the length of the own vectors that are stored; None if there is none."""

    def vector_lengths(self, names: Iterable[str]) -> dict[str, int]:
        """Return how long the stored vectors of those names are that are stored at all."""

    def page(self, *, after: str | None, limit: int) -> list[Item]:
        """Return the items whose ids follow `after`, in the order of their ids."""

    def remove(self, item_id: str) -> Written[bool]:
        """Remove one item; the value tells whether there was one."""

    def scan(self) -> Iterator[Item]:
        """Return every item."""
