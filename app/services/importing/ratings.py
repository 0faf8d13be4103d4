"""Ratings from a file into the shop.

An import can be killed and repeated: a rating's key is its pair of shopper and item, and batches
are written in file order, so that the last row of a pair wins and the second run ends where the
first would have ended. What the file says replaces what is stored.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.domain.catalogue import Item
from app.domain.errors import Misconfigured
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating, RatingScale
from app.services.importing.rating_rows import Parsed, parse_ratings
from app.services.importing.readers import open_table
from app.services.importing.rejects import Reject, RejectFile
from app.services.importing.runs import (
    ImportOptions,
    ImportReport,
    ItemWriter,
    Progress,
    Tally,
    ahead,
    no_progress,
)
from app.services.importing.tables import Table

BATCH = 20_000
UNKNOWN_ITEM = "unknown item"
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
        if options.create_items and self._writer is None:
            raise Misconfigured("This import was built without a catalogue to create items in.")
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        tally = Tally()
        known: set[str] = set()
        with RejectFile(path, options.rejects) as rejects:
            for parsed in ahead(self._parse_all(table, options)):
                self._learn(known, {rating.item_id for rating in parsed.ratings}, options)
                for reject in (*parsed.rejects, *self._store(parsed, known, tally)):
                    rejects.add(reject)
                tally.skipped += parsed.skipped
                progress(parsed.batch.done, table.total)
            return tally.report(rejects)

    def _parse_all(self, table: Table, options: ImportOptions) -> Iterator[Parsed]:
        for batch in table:
            yield parse_ratings(batch, options, self._scale)

    def _learn(self, known: set[str], item_ids: set[str], options: ImportOptions) -> None:
        """Add to `known` those of the ids that are in the catalogue, or are put there now."""
        new = item_ids - known
        if not new:
            return
        present = self._items.existing(new)
        if options.create_items and self._writer is not None and (missing := new - present):
            self._writer.put_many([Item(item_id) for item_id in sorted(missing)])
            present = new
        known |= present

    def _store(self, parsed: Parsed, known: set[str], tally: Tally) -> list[Reject]:
        """Write what has an item; return rejects for the rest."""
        good = [rating for rating in parsed.ratings if rating.item_id in known]
        self._ratings.put_many(good)
        gone = self._take_back_orphans(good)
        known -= gone
        rejects = [
            parsed.reject(place, DELETED_ITEM if rating.item_id in gone else UNKNOWN_ITEM)
            for place, rating in enumerate(parsed.ratings)
            if rating.item_id not in known
        ]
        tally.stored += len(parsed.ratings) - len(rejects)
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
