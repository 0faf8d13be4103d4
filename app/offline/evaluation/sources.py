"""What a shop knows, from its own database or from files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from app.data.importing.event_rows import EventReader
from app.data.importing.items import ItemImport
from app.data.importing.names import EVENT_FIELDS, Kinds, recognise
from app.data.importing.ratings import parse_ratings
from app.data.importing.readers import open_table
from app.data.importing.runs import (
    EventOptions,
    ImportOptions,
    Progress,
    ahead,
    no_progress,
    uncollected,
)
from app.data.importing.tables import Batch
from app.domain.catalogue import Item
from app.domain.changes import Position
from app.domain.errors import InvalidInput
from app.domain.ports import EventRepository, ItemRepository, RatingRepository
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.live.encoding import ENCODER_VERSION, encode_item
from app.offline.evaluation.interactions import RATING, Gathering, Interactions

_AT_ONCE = 20_000
_UNTIMED = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN_ITEM = "the item is not in the catalogue"


@dataclass(frozen=True)
class ShopData:
    interactions: Interactions
    items: tuple[Item, ...]
    """The catalogue, encoded; without one, the items of the interactions, bare."""
    source: str
    refused: Mapping[str, int] = field(default_factory=dict)
    """Why rows could not be used, and how many each."""

    def until(self, moment: datetime | None) -> "ShopData":
        """Return what had happened by a moment (None: all)."""
        if moment is None:
            return self
        known = self.interactions
        return replace(self, interactions=known.where(known.at <= int(moment.timestamp() * 1000)))


def of_repositories(
    events: EventRepository,
    ratings: RatingRepository,
    items: ItemRepository,
    progress: Progress = no_progress,
) -> ShopData:
    """Read the shop's own database. Its size is not known beforehand: progress tells of none."""
    gathering = Gathering()
    with uncollected():
        for batch in events.scan():
            gathering.add_events(batch)
        rows = ratings.rows()
        while some := list(islice(rows, _AT_ONCE)):
            gathering.add_ratings(some)
    return ShopData(gathering.table(), encoded(items.scan()), "the shop's database")


def of_file(
    path: Path,
    catalogue: Path | None,
    options: EventOptions,
    *,
    settings: ShopSettings,
    scale: RatingScale,
    progress: Progress = no_progress,
) -> ShopData:
    """Read a file of ratings, events or both, and one of items.

    Raises InvalidInput where a file or its columns cannot be understood. As when it is imported,
    what is about an item that is not in the catalogue is left out.
    """
    items = None if catalogue is None else _items_of(catalogue)
    reading = _Reading(
        options, settings, scale, None if items is None else {i.item_id for i in items}
    )
    table = open_table(path, rows=_AT_ONCE, encoding=options.encoding)
    with uncollected():
        for batch in ahead(table.batches()):
            reading.take(batch)
            progress(batch.done, table.total)
    found = reading.gathering.table()
    return ShopData(
        found,
        encoded(map(Item, found.items) if items is None else items),
        path.name,
        dict(reading.refused.most_common()),
    )


def encoded(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items with their feature vectors made, in the order of their ids."""
    found = (
        item if _is_encoded(item) else replace(item, encoding=encode_item(item)) for item in items
    )
    return tuple(sorted(found, key=lambda item: item.item_id))


def _is_encoded(item: Item) -> bool:
    return item.encoding is not None and item.encoding.version == ENCODER_VERSION


class _Reading:
    """Takes in the batches of one file, which may hold ratings and events side by side."""

    def __init__(
        self,
        options: EventOptions,
        settings: ShopSettings,
        scale: RatingScale,
        catalogue: set[str] | None,
    ) -> None:
        self._options = options
        self._scale = scale
        self._catalogue = catalogue
        self._events = EventReader(
            replace(options, default_time=_UNTIMED),
            Kinds(settings.weights, options.kind_map, options.kind),
            now=datetime.now(UTC),
            shift=timedelta(),
        )
        self.gathering = Gathering()
        self.refused: Counter[str] = Counter()

    def take(self, batch: Batch) -> None:
        rates, does = _holds(batch, self._options)
        if does:
            events = self._events.read(batch)
            self.refused.update(reject.reason for reject in events.rejects)
            known = [e for e in events.values if self._is_known(e.item_id)]
            self.refused[_UNKNOWN_ITEM] += len(events.values) - len(known)
            self.gathering.add_events(known)
        if rates:
            plain = ImportOptions(self._options.columns, self._options.where)
            ratings = parse_ratings(batch, plain, self._scale)
            if not does:
                self.refused.update(reject.reason for reject in ratings.rejects)
            rated = [r for r in ratings.values if self._is_known(r.item_id)]
            self.refused[_UNKNOWN_ITEM] += len(ratings.values) - len(rated)
            self.gathering.add_ratings(rated)
        self.refused += Counter()  # without zeros

    def _is_known(self, item_id: str | None) -> bool:
        return item_id is not None and (self._catalogue is None or item_id in self._catalogue)


def _holds(batch: Batch, options: EventOptions) -> tuple[bool, bool]:
    mapping = recognise(list(batch.columns), EVENT_FIELDS, _of_events(options.columns))
    if "event" not in mapping:
        return options.kind is None, options.kind is not None
    words = {str(word).strip().casefold() for word in set(batch.columns[mapping["event"]])}
    return RATING in words, bool(words - {RATING})


def _of_events(chosen: Mapping[str, str]) -> dict[str, str]:
    known = {field.name for field in EVENT_FIELDS}
    return {name: column for name, column in chosen.items() if name in known}


class _Collecting:
    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def put_many(self, items: Sequence[Item]) -> Position | None:
        self.items.update((item.item_id, item) for item in items)
        return None


def _items_of(path: Path) -> list[Item]:
    collecting = _Collecting()
    ItemImport(collecting).run(path)
    if not collecting.items:
        raise InvalidInput("items", f"{path.name} holds no item that can be used")
    return list(collecting.items.values())
