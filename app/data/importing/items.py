"""Items from a file into the catalogue. Repeating an import changes nothing: an id is a key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.data.importing.names import ITEM_FIELDS, VECTOR_COLUMN, recognise
from app.data.importing.readers import open_table
from app.data.importing.runs import (
    ImportOptions,
    ImportReport,
    ImportRun,
    ItemWriter,
    Outcome,
    Progress,
    no_progress,
)
from app.data.importing.tables import Batch, Parsed, Reject, parse_rows
from app.data.importing.values import (
    to_attributes,
    to_category,
    to_features,
    to_flag,
    to_id,
    to_number,
    to_optional_id,
    to_tags,
    to_text,
    to_vectors,
)
from app.domain.catalogue import Item, check_item
from app.domain.errors import InvalidInput

BATCH = 2_000


class ItemImport:
    def __init__(self, writer: ItemWriter) -> None:
        self._writer = writer

    def run(
        self,
        path: Path,
        options: ImportOptions | None = None,
        progress: Progress = no_progress,
    ) -> ImportReport:
        """Import a file of items; an item that exists is replaced, of equal ids the last wins."""
        options = options or ImportOptions()
        ignored: dict[str, None] = {}

        def parse(batch: Batch) -> Parsed[Item]:
            mapping = recognise(list(batch.columns), ITEM_FIELDS, options.columns)
            ignored.update(dict.fromkeys(_unused(batch, mapping, options)))
            selected = batch.selected(options.where)
            return parse_rows(batch, selected, lambda index: _to_item(batch, mapping, index))

        table = open_table(path, rows=BATCH, encoding=options.encoding)
        report = ImportRun(path, options, table, parse, self._store).run(progress)
        return replace(report, ignored=list(ignored))

    def _store(self, parsed: Parsed[Item]) -> Outcome:
        return Outcome(list(self._put(parsed, range(len(parsed.values)))))

    def _put(self, parsed: Parsed[Item], places: range) -> Iterator[Reject]:
        """Store these items. Where the catalogue refuses them, halve until culprits are found."""
        if not places:
            return
        try:
            self._writer.put_many([parsed.values[place] for place in places])
        except InvalidInput as error:
            if len(places) == 1:
                yield parsed.reject(places[0], error.message)
                return
            middle = len(places) // 2
            yield from self._put(parsed, places[:middle])
            yield from self._put(parsed, places[middle:])


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
            group_id=to_optional_id(cells.get("group_id"), "group_id"),
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


def _unused(batch: Batch, mapping: Mapping[str, str], options: ImportOptions) -> list[str]:
    used = {*mapping.values(), *(column for column, _ in options.where), *_vector_columns(batch)}
    return [column for column in batch.columns if column not in used]
