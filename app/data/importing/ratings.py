"""Ratings from a file into the shop.

An import can be killed and repeated: a rating's key is its pair of shopper and item, and batches
are written in file order, so that the last row of a pair wins and the second run ends where the
first would have ended. What the file says replaces what is stored.
"""

from collections.abc import Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

from app.data.importing.names import RATING_FIELDS, recognise
from app.data.importing.readers import open_table
from app.data.importing.runs import (
    UNKNOWN_ITEM,
    ImportOptions,
    ImportReport,
    ImportRun,
    ItemWriter,
    KnownItems,
    Outcome,
    Progress,
    no_progress,
)
from app.data.importing.tables import Batch, Parsed, parse_rows
from app.data.importing.values import to_id, to_number, to_time
from app.domain.errors import InvalidInput
from app.domain.ids import is_id
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating, RatingScale

_EVENT = "rating"
_COLUMNS = ("user_id", "item_id", "rating", "timestamp")
BATCH = 20_000
DELETED_ITEM = "the item was deleted meanwhile"


class RatingImport:
    def __init__(
        self,
        ratings: RatingRepository,
        items: ItemRepository,
        scale: RatingScale,
        writer: ItemWriter | None = None,
    ) -> None:
        self._ratings = ratings
        self._items = items
        self._scale = scale
        self._writer = writer
        """Only for `create_items`."""

    def run(
        self,
        path: Path,
        options: ImportOptions | None = None,
        progress: Progress = no_progress,
    ) -> ImportReport:
        options = options or ImportOptions()
        known = KnownItems(self._items, self._writer, create=options.create_items)
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        parse = partial(parse_ratings, options=options, scale=self._scale)
        store = partial(self._store, known=known)
        return ImportRun(path, options, table, parse, store).run(progress)

    def _store(self, parsed: Parsed[Rating], known: KnownItems) -> Outcome:
        known.learn({rating.item_id for rating in parsed.values})
        good = [rating for rating in parsed.values if rating.item_id in known]
        self._ratings.put_many(good)
        gone = self._take_back_orphans(good)
        known.forget(gone)
        rejects = [
            parsed.reject(place, DELETED_ITEM if rating.item_id in gone else UNKNOWN_ITEM)
            for place, rating in enumerate(parsed.values)
            if rating.item_id not in known
        ]
        return Outcome(rejects)

    def _take_back_orphans(self, written: Sequence[Rating]) -> set[str]:
        # An item deleted between our look and our write has been swept already: what we wrote
        # after the sweep would stay for ever. Return the items that are gone.
        wanted = {rating.item_id for rating in written}
        gone = wanted - self._items.existing(wanted) if wanted else set()
        for rating in written if gone else ():
            if rating.item_id in gone:
                self._ratings.take_back(rating)
        return gone


def parse_ratings(batch: Batch, options: ImportOptions, scale: RatingScale) -> Parsed[Rating]:
    """Return the batch's ratings: all at once where every row is sound, else row by row.

    Raises InvalidInput if its columns cannot be understood.
    """
    mapping = recognise(list(batch.columns), RATING_FIELDS, options.columns)
    wanted = _only_ratings(batch, mapping.get("event"), batch.selected(options.where))
    columns = [batch.column(mapping.get(name)) for name in _COLUMNS]
    ratings = _at_once(columns, wanted, scale)
    if ratings is not None:
        skipped = len(batch.numbers) - len(wanted)
        return Parsed(batch, ratings, wanted, list(batch.broken), skipped)

    def to_rating(index: int) -> Rating:
        user, item, rating, time = (column[index] for column in columns)
        return Rating(
            to_id(user, "user_id"),
            to_id(item, "item_id"),
            scale.check(to_number(rating, "rating")),
            to_time(time, "timestamp"),
        )

    return parse_rows(batch, wanted, to_rating)


def _at_once(
    columns: Sequence[Sequence[Any]], wanted: Sequence[int], scale: RatingScale
) -> list[Rating] | None:
    """Return all the ratings, or None if a row needs a closer look. Three times as fast."""
    if len(wanted) < len(columns[0]):
        columns = [[column[index] for index in wanted] for column in columns]
    users, items, values, times = columns
    if not set(map(type, values)) <= {str, int, float}:  # bool is a number to float()
        return None
    try:
        numbers = list(map(float, values))
        rated_at = list(map(to_time, times, repeat("timestamp")))
        sound = (
            all(map(is_id, set(users)))
            and all(map(is_id, set(items)))
            and all(map(scale.holds, set(numbers)))
        )
    except (ValueError, TypeError, InvalidInput):
        return None
    return list(map(Rating, users, items, numbers, rated_at)) if sound else None


def _only_ratings(batch: Batch, event: str | None, indexes: Sequence[int]) -> Sequence[int]:
    """Return the rows whose event is a rating; all of them where no column tells."""
    if event is None:
        return indexes
    cells = batch.columns[event]
    return [index for index in indexes if str(cells[index]).strip().casefold() == _EVENT]
