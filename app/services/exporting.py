"""The catalogue and the ratings as files, from which an import makes the same state again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.domain.catalogue import Item
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating
from app.services.writers import write_table

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
)
RATING_COLUMNS = ("user_id", "item_id", "rating", "timestamp")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How much went into a file."""

    rows: int
    seconds: float


class Exports:
    """Streams; the file appears under its name when it is complete."""

    def __init__(self, items: ItemRepository, ratings: RatingRepository) -> None:
        self._items = items
        self._ratings = ratings

    def export_items(self, path: Path) -> ExportReport:
        """Write every item, in the order of ids; the ending of `path` says the kind of file."""
        started = time.monotonic()
        rows = write_table(path, ITEM_COLUMNS, (_item_row(item) for item in self._all_items()))
        return ExportReport(rows, time.monotonic() - started)

    def export_ratings(self, path: Path) -> ExportReport:
        """Write every rating, shopper by shopper; the ending of `path` says the kind of file."""
        started = time.monotonic()
        rows = write_table(path, RATING_COLUMNS, map(_rating_row, self._ratings.rows()))
        return ExportReport(rows, time.monotonic() - started)

    def _all_items(self) -> Iterator[Item]:
        # pages, not scan(): in the order of the ids
        after: str | None = None
        while page := self._items.page(after=after, limit=_PAGE):
            yield from page
            after = page[-1].item_id


def _item_row(item: Item) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in ITEM_COLUMNS)


def _rating_row(rating: Rating) -> tuple[str, str, float, datetime | None]:
    at = rating.rated_at
    at = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    return rating.user_id, rating.item_id, rating.rating, at
