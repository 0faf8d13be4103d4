"""Items, ratings and events as files, from which an import makes the same state again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.data.writers import write_table
from app.domain import subjects
from app.domain.catalogue import Item
from app.domain.events import Event
from app.domain.ports import EventRepository, ItemRepository, RatingRepository
from app.domain.ratings import Rating

_PAGE = 2_000
ITEM_COLUMNS = (
    "item_id",
    "title",
    "category",
    "brand",
    "price",
    "tags",
    "description",
    "image_url",
    "in_stock",
    "features",
    "attributes",
    "vectors",
)
RATING_COLUMNS = ("user_id", "item_id", "rating", "timestamp")
EVENT_COLUMNS = (
    "user_id",
    "session_id",
    "event_id",
    "event",
    "item_id",
    "timestamp",
    "quantity",
    "price",
    "order_id",
    "query",
    "page",
    "device",
    "placement",
    "country",
    "recommendation_id",
)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How much went into a file."""

    rows: int
    seconds: float


class Exports:
    """Streams; the file appears under its name when it is complete."""

    def __init__(
        self, items: ItemRepository, ratings: RatingRepository, events: EventRepository
    ) -> None:
        self._items = items
        self._ratings = ratings
        self._events = events

    def export_items(self, path: Path) -> ExportReport:
        """Write every item, in the order of ids; the ending of `path` says the kind of file."""
        started = time.monotonic()
        rows = write_table(path, ITEM_COLUMNS, (_item_row(item) for item in self._all_items()))
        return ExportReport(rows, time.monotonic() - started)

    def export_ratings(self, path: Path) -> ExportReport:
        """Write every rating, shopper by shopper; the ending of `path` says the kind of file."""
        started = time.monotonic()
        rows = write_table(path, RATING_COLUMNS, map(rating_row, self._ratings.rows()))
        return ExportReport(rows, time.monotonic() - started)

    def export_events(self, path: Path) -> ExportReport:
        """Write every event, subject by subject; the ending of `path` says the kind of file."""
        started = time.monotonic()
        rows = write_table(path, EVENT_COLUMNS, map(event_row, self._events.rows()))
        return ExportReport(rows, time.monotonic() - started)

    def _all_items(self) -> Iterator[Item]:
        # pages, not scan(): in the order of the ids
        after: str | None = None
        while page := self._items.page(after=after, limit=_PAGE):
            yield from page
            after = page[-1].item_id


def _item_row(item: Item) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in ITEM_COLUMNS)


def rating_row(rating: Rating) -> tuple[str, str, float, datetime | None]:
    """Return what stands in `RATING_COLUMNS`."""
    at = rating.rated_at
    return rating.user_id, rating.item_id, rating.rating, None if at is None else _in_utc(at)


def event_row(event: Event) -> tuple[Any, ...]:
    """Return what stands in `EVENT_COLUMNS`."""
    session_id = subjects.session_id_of(event.key.subject)
    return (
        event.key.subject if session_id is None else None,
        session_id,
        event.key.event_id,
        event.kind,
        event.item_id,
        _in_utc(event.at),
        event.quantity,
        event.price,
        event.order_id,
        event.query,
        *(getattr(event.context, name) for name in EVENT_COLUMNS[-5:]),
    )


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
