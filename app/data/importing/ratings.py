"""Ratings from a file into the shop.

An import can be killed and repeated: a rating's key is its pair of shopper and item, and batches
are written in file order, so that the last row of a pair wins and the second run ends where the
first would have ended. What the file says replaces what is stored.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

from app.data.importing.names import RATING_FIELDS, recognise
from app.data.importing.readers import open_table
from app.data.importing.rejects import Reject, RejectFile
from app.data.importing.runs import (
    UNKNOWN_ITEM,
    ImportOptions,
    ImportReport,
    ItemWriter,
    KnownItems,
    Progress,
    Tally,
    ahead,
    no_progress,
    selected,
    uncollected,
)
from app.data.importing.tables import Batch, Parsed, Table
from app.data.importing.values import to_id, to_number, to_time
from app.domain.errors import InvalidInput
from app.domain.ids import is_id
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating, RatingScale

_EVENT = "rating"
_COLUMNS = ("user_id", "item_id", "rating", "timestamp")
Cells = list[Sequence[Any]]
"""User ids, item ids, ratings, times; equally long."""


def parse_ratings(batch: Batch, options: ImportOptions, scale: RatingScale) -> Parsed[Rating]:
    """Return the batch's ratings. Raises InvalidInput if its columns cannot be understood."""
    mapping = recognise(list(batch.columns), RATING_FIELDS, options.columns)
    wanted = _only_ratings(batch, mapping.get("event"), selected(batch, options.where))
    cells: Cells = [batch.column(mapping.get(name)) for name in _COLUMNS]
    if len(wanted) < len(batch.numbers):
        cells = [[column[index] for index in wanted] for column in cells]
    rejects = [Reject(broken.line, broken.reason, broken.text) for broken in batch.broken]
    skipped = len(batch.numbers) - len(wanted)
    ratings = _at_once(cells, scale)
    if ratings is not None:
        return Parsed(batch, ratings, wanted, rejects, skipped)
    ratings, indexes = [], []
    for index, row in zip(wanted, zip(*cells, strict=True), strict=True):
        try:
            ratings.append(_to_rating(row, scale))
            indexes.append(index)
        except InvalidInput as error:
            rejects.append(Reject(batch.numbers[index], error.message, batch.row(index)))
    return Parsed(batch, ratings, indexes, rejects, skipped)


def _at_once(cells: Cells, scale: RatingScale) -> list[Rating] | None:
    """Return all the ratings, or None if a row needs a closer look. Three times as fast."""
    users, items, values, times = cells
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


def _to_rating(row: tuple[Any, ...], scale: RatingScale) -> Rating:
    user, item, rating, time = row
    return Rating(
        to_id(user, "user_id"),
        to_id(item, "item_id"),
        scale.check(to_number(rating, "rating")),
        to_time(time, "timestamp"),
    )


def _only_ratings(batch: Batch, event: str | None, indexes: Sequence[int]) -> Sequence[int]:
    """Return the rows whose event is a rating; all of them where no column tells."""
    if event is None:
        return indexes
    cells = batch.columns[event]
    return [index for index in indexes if str(cells[index]).strip().casefold() == _EVENT]


BATCH = 20_000
DELETED_ITEM = "the item was deleted meanwhile"


class RatingImport:
    """Reads and checks in one thread while the other writes."""

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
        """Import a file of ratings.

        Raises InvalidInput where the file or its columns cannot be understood, StoreUnavailable
        where the database goes away: what was written until then stays.
        """
        options = options or ImportOptions()
        known = KnownItems(self._items, self._writer, create=options.create_items)
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        tally = Tally()
        with uncollected(), RejectFile(path, options.rejects) as rejects:
            for parsed in ahead(self._parse_all(table, options)):
                known.learn({rating.item_id for rating in parsed.values})
                for reject in (*parsed.rejects, *self._store(parsed, known, tally)):
                    rejects.add(reject)
                tally.skipped += parsed.skipped
                progress(parsed.batch.done, table.total)
            return tally.report(rejects)

    def _parse_all(self, table: Table, options: ImportOptions) -> Iterator[Parsed[Rating]]:
        for batch in table:
            yield parse_ratings(batch, options, self._scale)

    def _store(self, parsed: Parsed[Rating], known: KnownItems, tally: Tally) -> list[Reject]:
        """Write what has an item; return rejects for the rest."""
        good = [rating for rating in parsed.values if rating.item_id in known]
        self._ratings.put_many(good)
        gone = self._take_back_orphans(good)
        known.forget(gone)
        rejects = [
            parsed.reject(place, DELETED_ITEM if rating.item_id in gone else UNKNOWN_ITEM)
            for place, rating in enumerate(parsed.values)
            if rating.item_id not in known
        ]
        tally.stored += len(parsed.values) - len(rejects)
        return rejects

    def _take_back_orphans(self, written: Sequence[Rating]) -> set[str]:
        # An item deleted between our look and our write has been swept already: what we wrote
        # after the sweep would stay for ever. Return the items that are gone.
        wanted = {rating.item_id for rating in written}
        gone = wanted - self._items.existing(wanted) if wanted else set()
        for rating in written if gone else ():
            if rating.item_id in gone:
                self._ratings.take_back(rating)
        return gone
