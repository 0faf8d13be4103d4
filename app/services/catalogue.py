"""The catalogue: create, replace, change, read, list, delete."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.domain.catalogue import Item, Vectors, check_item, merged_vectors
from app.domain.changes import Position, Written
from app.domain.errors import InvalidInput, UnknownItem
from app.domain.ports import DeletionRepository, ItemRepository
from app.live.encoding import encode_item
from app.live.feed import Feed

T = TypeVar("T")


class Catalogue:
    """Use cases around items. Every item is stored with its encoded vector."""

    def __init__(
        self,
        items: ItemRepository,
        deletions: DeletionRepository,
        *,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._items = items
        self._deletions = deletions
        self._feed = feed
        self._now = now

    def create(self, item: Item) -> Written[Item]:
        """Store a new item, or raise ItemTaken."""
        return self._applied(self._items.add(self._finished([item])[0]))

    def put(self, item: Item) -> Written[Item]:
        """Store an item whole, new or not."""
        former = self._items.find(item.item_id)
        finished = self._finished([item])[0]
        if former is not None:
            finished = replace(finished, created_at=former.created_at)
        return self._applied(Written(finished, self._items.replace_many([finished])))

    def put_many(self, items: Sequence[Item]) -> Position | None:
        """Store many items whole, new or not; all of them are checked before any is stored."""
        former = self._items.created(item.item_id for item in items)
        finished = [
            replace(item, created_at=former.get(item.item_id, item.created_at))
            for item in self._finished(items)
        ]
        position = self._items.replace_many(finished)
        self._feed.wait(position)
        return position

    def change(self, item_id: str, changes: dict[str, Any]) -> Written[Item]:
        """Change some columns of an item and leave the rest, also of its named vectors."""
        former = self.get(item_id)
        if not changes:
            return Written(former, None)
        if "vectors" in changes:
            changes = changes | {"vectors": merged_vectors(former.vectors, changes["vectors"])}
        finished = self._finished([replace(former, **changes)])[0]
        finished = replace(
            finished,
            created_at=former.created_at,
            updated_at=_later(finished.updated_at, former.updated_at),
        )
        return self._applied(self._items.replace_if_unchanged(finished, seen=former))

    def set_vectors(self, changes: Sequence[tuple[Item, Vectors]]) -> int:
        """Give items other named vectors; return how many had not been changed meanwhile."""
        now = self._now()
        pairs = [
            (replace(seen, vectors=vectors, updated_at=_later(now, seen.updated_at)), seen)
            for seen, vectors in changes
        ]
        self._check_lengths([check_item(item) for item, _ in pairs])
        return self._applied(self._items.replace_many_if_unchanged(pairs)).value

    def get(self, item_id: str) -> Item:
        """Return an item, or raise UnknownItem."""
        item = self._items.find(item_id)
        if item is None:
            raise UnknownItem(item_id)
        return item

    def page(self, *, after: str | None, limit: int) -> list[Item]:
        """Return the items whose ids follow `after`, in the order of their ids."""
        return self._items.page(after=after, limit=limit)

    def delete(self, item_id: str) -> Written[int]:
        """Remove an item and every rating of it; return how many ratings went."""
        self._deletions.mark_item(item_id, self._now())
        removed = self._items.remove(item_id)
        swept = self._deletions.sweep_item(item_id)
        if not removed.value:
            raise UnknownItem(item_id)
        return self._applied(Written(swept.value, swept.position or removed.position))

    def _finished(self, items: Sequence[Item]) -> list[Item]:
        now = self._now()
        self._check_lengths([check_item(item) for item in items])
        return [
            replace(item, encoding=encode_item(item), created_at=now, updated_at=now)
            for item in items
        ]

    def _check_lengths(self, items: Sequence[Item]) -> None:
        own = [len(item.features) for item in items if item.features is not None]
        if own:
            wanted = self._items.features_length() or own[0]
            _check_length("features", own, wanted, "this catalogue's vectors have")
        named: dict[str, list[int]] = {}
        for item in items:
            for name, vector in item.vectors.items():
                named.setdefault(name, []).append(len(vector))
        stored = self._items.vector_lengths(named)
        for name, lengths in named.items():
            wanted = stored.get(name, lengths[0])
            _check_length(f"vectors.{name}", lengths, wanted, f"the vectors {name!r} stored have")

    def _applied(self, written: Written[T]) -> Written[T]:
        self._feed.wait(written.position)
        return written


def _later(now: datetime | None, former: datetime | None) -> datetime | None:
    # the time is what tells two versions apart: a change must not bear its predecessor's
    if now is None or former is None or now > former:
        return now
    return former + timedelta(milliseconds=1)


def _check_length(field: str, lengths: Sequence[int], wanted: int, others: str) -> None:
    for length in lengths:
        if length != wanted:
            raise InvalidInput(field, f"has {length} numbers, {others} {wanted}")
