"""Items from a file into the catalogue. Repeating an import changes nothing: an id is a key."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.data.importing.names import ITEM_FIELDS, VECTOR_COLUMN, recognise
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
    selected,
)
from app.data.importing.tables import Batch
from app.data.importing.values import (
    to_attributes,
    to_category,
    to_features,
    to_flag,
    to_id,
    to_number,
    to_tags,
    to_text,
    to_vectors,
)
from app.domain.catalogue import Item, check_item
from app.domain.errors import InvalidInput

BATCH = 2_000
Row = tuple[int, Item]
"""An item with its row's index in the batch."""


class ItemImport:
    """Reads and checks; the catalogue service behind `writer` encodes and stores."""

    def __init__(self, writer: ItemWriter) -> None:
        self._writer = writer

    def run(
        self,
        path: Path,
        options: ImportOptions | None = None,
        progress: Progress = no_progress,
    ) -> ImportReport:
        """Import a file of items; an item that exists is replaced, of equal ids the last wins.

        Raises InvalidInput where the file or its columns cannot be understood, StoreUnavailable
        where the database goes away: what was written until then stays.
        """
        options = options or ImportOptions()
        table = open_table(path, rows=BATCH, encoding=options.encoding)
        tally = Tally()
        ignored: dict[str, None] = {}
        with RejectFile(path, options.rejects) as rejects:
            for batch in ahead(iter(table)):
                mapping = recognise(list(batch.columns), ITEM_FIELDS, options.columns)
                ignored |= dict.fromkeys(_unused(batch, mapping, options))
                for reject in self._import(batch, mapping, options, tally):
                    rejects.add(reject)
                progress(batch.done, table.total)
            return tally.report(rejects, list(ignored))

    def _import(
        self, batch: Batch, mapping: Mapping[str, str], options: ImportOptions, tally: Tally
    ) -> Iterator[Reject]:
        yield from (Reject(broken.line, broken.reason, broken.text) for broken in batch.broken)
        indexes = selected(batch, options.where)
        tally.skipped += len(batch.numbers) - len(indexes)
        rows: list[Row] = []
        for index in indexes:
            try:
                rows.append((index, _to_item(batch, mapping, index)))
            except InvalidInput as error:
                yield _reject(batch, index, error)
        refused = list(self._put(batch, rows))
        tally.stored += len(rows) - len(refused)
        yield from refused

    def _put(self, batch: Batch, rows: Sequence[Row]) -> Iterator[Reject]:
        """Store the rows. Where the catalogue refuses them, halve until the culprits are found."""
        if not rows:
            return
        try:
            self._writer.put_many([item for _, item in rows])
        except InvalidInput as error:
            if len(rows) == 1:
                yield _reject(batch, rows[0][0], error)
                return
            middle = len(rows) // 2
            yield from self._put(batch, rows[:middle])
            yield from self._put(batch, rows[middle:])


def _to_item(batch: Batch, mapping: Mapping[str, str], index: int) -> Item:
    cells = {name: batch.columns[column][index] for name, column in mapping.items()}
    price = to_text(cells.get("price"), "price")
    return check_item(
        Item(
            item_id=to_id(cells["item_id"], "item_id"),
            title=to_text(cells.get("title"), "title"),
            brand=to_text(cells.get("brand"), "brand"),
            description=to_text(cells.get("description"), "description"),
            image_url=to_text(cells.get("image_url"), "image_url"),
            category=to_category(cells.get("category"), "category"),
            price=None if price is None else to_number(cells["price"], "price"),
            tags=to_tags(cells.get("tags"), "tags"),
            in_stock=to_flag(cells.get("in_stock"), "in_stock", default=True),
            features=to_features(cells.get("features"), "features"),
            attributes=to_attributes(cells.get("attributes"), "attributes"),
            vectors=_vectors(batch, cells.get("vectors"), index),
        )
    )


def _vectors(batch: Batch, together: Any, index: int) -> dict[str, tuple[float, ...]]:
    """Return what stands in the column `vectors`, and in those of single vectors."""
    vectors = to_vectors(together, "vectors")
    for column in _vector_columns(batch):
        vector = to_features(batch.columns[column][index], column)
        if vector is not None:
            vectors[column.removeprefix(VECTOR_COLUMN)] = vector
    return vectors


def _vector_columns(batch: Batch) -> list[str]:
    """Return the columns of single vectors; one of that name that holds no lists is none."""
    named = (column for column in batch.columns if column.startswith(VECTOR_COLUMN))
    return [column for column in named if _holds_lists(batch.columns[column])]


def _holds_lists(cells: Sequence[Any]) -> bool:
    first = next((cell for cell in cells if cell is not None and cell != ""), None)
    return isinstance(first, list | tuple) or str(first).lstrip().startswith("[")


def _reject(batch: Batch, index: int, error: InvalidInput) -> Reject:
    return Reject(batch.numbers[index], error.message, batch.row(index))


def _unused(batch: Batch, mapping: Mapping[str, str], options: ImportOptions) -> list[str]:
    used = {*mapping.values(), *(column for column, _ in options.where), *_vector_columns(batch)}
    return [column for column in batch.columns if column not in used]
