"""The repositories imports and the demo work on, in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.domain.catalogue import Item, Vectors
from app.domain.changes import Position, Written
from app.domain.errors import AppError
from app.domain.events import Event, EventKey
from app.domain.ratings import Rating, RatingBatch
from app.domain.settings import ShopSettings
from app.services.events import Stored

NOWHERE = Position(1, 1)


class FakeItems:
    """Keeps `ItemRepository`, and the catalogue service's `put_many` and `set_vectors`."""

    def __init__(self, *item_ids: str) -> None:
        self.items = {item_id: Item(item_id) for item_id in item_ids}
        self.on_put: Callable[[Sequence[Item]], None] = lambda items: None

    def put_many(self, items: Sequence[Item]) -> Position | None:
        self.on_put(items)
        return self.replace_many(items)

    def add(self, item: Item) -> Written[Item]:
        self.items[item.item_id] = item
        return Written(item, NOWHERE)

    def replace_if_unchanged(self, item: Item, *, seen: Item) -> Written[Item]:
        return self.add(item)

    def replace_many(self, items: Sequence[Item]) -> Position | None:
        self.items |= {item.item_id: item for item in items}
        return NOWHERE

    def replace_many_if_unchanged(self, pairs: Sequence[tuple[Item, Item]]) -> Written[int]:
        same = [item for item, seen in pairs if self.items.get(item.item_id) == seen]
        return Written(len(same), self.replace_many(same))

    def set_vectors(self, changes: Sequence[tuple[Item, Vectors]]) -> int:
        self.on_put([item for item, _ in changes])
        pairs = [(replace(item, vectors=vectors), item) for item, vectors in changes]
        return self.replace_many_if_unchanged(pairs).value

    def find(self, item_id: str) -> Item | None:
        return self.items.get(item_id)

    def count(self) -> int:
        return len(self.items)

    def created(self, item_ids: Iterable[str]) -> dict[str, object]:
        return {}

    def existing(self, item_ids: Iterable[str]) -> set[str]:
        return set(item_ids) & set(self.items)

    def page(self, *, after: str | None, limit: int) -> list[Item]:
        ids = sorted(id_ for id_ in self.items if after is None or id_ > after)
        return [self.items[id_] for id_ in ids[:limit]]

    def remove(self, item_id: str) -> Written[bool]:
        return Written(self.items.pop(item_id, None) is not None, NOWHERE)

    def scan(self) -> Iterator[Item]:
        return iter(self.items.values())


class FakeRatings:
    """Keeps `RatingRepository`."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Rating] = {}
        self.after_put: Callable[[], None] = lambda: None

    def put(self, rating: Rating) -> Position | None:
        self.stored[rating.user_id, rating.item_id] = rating
        return NOWHERE

    def put_many(self, ratings: Sequence[Rating]) -> Position | None:
        for rating in ratings:
            self.put(rating)
        self.after_put()
        return NOWHERE

    def take_back(self, rating: Rating) -> Position | None:
        key = rating.user_id, rating.item_id
        if self.stored.get(key) == rating:
            del self.stored[key]
        return NOWHERE

    def remove(self, user_id: str, item_id: str) -> Written[bool]:
        return Written(self.stored.pop((user_id, item_id), None) is not None, NOWHERE)

    def of_user(self, user_id: str) -> list[Rating]:
        return [rating for rating in self.stored.values() if rating.user_id == user_id]

    def has_user(self, user_id: str) -> bool:
        return bool(self.of_user(user_id))

    def scan(self) -> Iterator[RatingBatch]:
        return iter(())

    def rows(self) -> Iterator[Rating]:
        return iter([self.stored[key] for key in sorted(self.stored)])


class FakeEvents:
    """Keeps `EventRepository`, as far as services go, and the `store` of the service."""

    def __init__(self) -> None:
        self.stored: dict[EventKey, Event] = {}
        self.leaving: dict[str, AppError] = {}
        self.after_store: Callable[[], None] = lambda: None

    def store(self, events: Sequence[Event]) -> Written[Stored]:
        new = []
        for event in events:
            new.append(event.key not in self.stored)
            if event.key.subject not in self.leaving:
                self.stored.setdefault(event.key, event)
        self.after_store()
        return Written(Stored(new, self.leaving), NOWHERE)

    def add_many(self, events: Sequence[Event]) -> Written[list[bool]]:
        return Written(self.store(events).value.new, NOWHERE)

    def remove_many(self, keys: Sequence[EventKey]) -> Position | None:
        for key in keys:
            self.stored.pop(key, None)
        return NOWHERE

    def of_subject(self, subject: str, *, limit: int = 0) -> list[Event]:
        found = [event for event in self.stored.values() if event.key.subject == subject]
        return sorted(found[: limit or None], key=lambda event: event.at, reverse=True)

    def has_subject(self, subject: str) -> bool:
        return bool(self.of_subject(subject))

    def rows(self) -> Iterator[Event]:
        return iter([self.stored[key] for key in sorted(self.stored)])


class FakeSettings:
    """Keeps the settings service's promises."""

    def __init__(self, **settings: Any) -> None:
        self.current = ShopSettings(**settings)

    def get(self) -> ShopSettings:
        return self.current

    def change(self, changes: dict[str, Any]) -> Written[ShopSettings]:
        self.current = replace(self.current, version=self.current.version + 1, **changes)
        return Written(self.current, NOWHERE)


class FakeMarkers:
    """Keeps `Markers`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def has(self, name: str) -> bool:
        return name in self.names

    def set(self, name: str) -> None:
        self.names.add(name)
