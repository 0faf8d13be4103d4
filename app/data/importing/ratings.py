"""Ratings from a file into the shop.

An import can be killed and repeated: a rating's key is its pair of shopper and item, and batches
are written in file order, so that the last row of a pair wins and the second run ends where the
first would have ended. What the file says replaces what is stored.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.data.importing.known_items import UNKNOWN_ITEM, KnownItems
from app.data.importing.parsed import Parsed
from app.data.importing.rating_rows import parse_ratings
from app.data.importing.readers import open_table
from app.data.importing.rejects import Reject, RejectFile
from app.data.importing.runs import (
    ImportOptions,
    ImportReport,
    ItemWriter,
    Progress,
    Tally,
    ahead,
    no_progress,
    uncollected,
)
from app.data.importing.tables import Table
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating, RatingScale

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
