"""What a shop of the past is filled from: columns in place of a database."""

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt

from app.domain.catalogue import Item
from app.domain.ratings import RatingBatch
from app.domain.settings import ShopSettings
from app.engine.tables.history_loading import EventBatch
from app.offline.evaluation.interactions import NO_TIME, Interactions

_AT_ONCE = 20_000
_UNTIMED_MS = 2 * 86_400_000  # before the clock: lately, but in no visit that lasts


def repositories_of(
    interactions: Interactions, items: Iterable[Item] | None, settings: ShopSettings
) -> SimpleNamespace:
    """Return what memory loads from, but for events. items : None: those that are named, bare."""
    empty = SimpleNamespace(scan=lambda: iter(()))
    offered = map(Item, interactions.items) if items is None else items
    return SimpleNamespace(
        items=SimpleNamespace(scan=lambda: iter(offered)),
        ratings=SimpleNamespace(scan=lambda: _ratings(interactions)),
        settings=SimpleNamespace(get=lambda: settings),
        events=empty,
        accounts=empty,
        keys=empty,
    )


def events_of(interactions: Interactions, *, now: float) -> Iterator[EventBatch]:
    """Yield the events, in the codes of the interactions' words."""
    events = interactions.where(~interactions.is_rating)
    users, items = _named(events.users, events.user), _named(events.items, events.item)
    rows = events.rows.copy()
    rows["at"][rows["at"] == NO_TIME] = int(now * 1000) - _UNTIMED_MS
    for start in range(0, rows.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield EventBatch(users[part].tolist(), items[part].tolist(), rows[part])


def _ratings(interactions: Interactions) -> Iterator[RatingBatch]:
    given = interactions.where(interactions.is_rating)
    users, items = _named(given.users, given.user), _named(given.items, given.item)
    for start in range(0, len(given), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield RatingBatch(users[part].tolist(), items[part].tolist(), given.ratings[part].tolist())


def _named(ids: Sequence[str], places: npt.NDArray[np.int32]) -> npt.NDArray[np.object_]:
    return np.array(ids, object)[places] if len(ids) else np.empty(0, object)
