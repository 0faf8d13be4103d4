"""The grocer's year in memory up to a cut, served by the same shelves, without a database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import polars as pl

from app.bootstrap.offline import OfflineShop
from app.data.demo import source
from app.data.demo.items import items_of
from app.domain.events import Event, EventKey, Kind
from app.domain.settings import ShopSettings
from app.offline.evaluation.interactions import gathered

_AT_ONCE = 20_000


@dataclass(frozen=True)
class Basket:
    """The first one of a household after the cut."""

    household: str
    at: datetime
    items: tuple[str, ...]
    """In the order of the receipt's lines in the data."""


class Year:
    """The purchase lines, and where they are cut."""

    def __init__(self, *, weeks_before_end: int, weeks: int) -> None:
        """Cut so many weeks before the end; next baskets are looked for in the `weeks` after."""
        folder = source.data_folder()
        self.products = source.products_for_sale(folder)
        lines = source.purchases(folder, self.products, weeks=None).with_columns(
            pl.col(name).cast(pl.String) for name in ("household_id", "basket_id")
        )
        end = lines["at"].max()
        assert isinstance(end, datetime)
        self.cut = end.replace(tzinfo=UTC) - timedelta(weeks=weeks_before_end)
        last = self.cut + timedelta(weeks=weeks)
        self.before = lines.filter(pl.col("at") <= self.cut)
        self._after = lines.filter((pl.col("at") > self.cut) & (pl.col("at") <= last))

    def baskets(self) -> list[Basket]:
        """Return the first basket after the cut of each household that was there before."""
        known = set(self.before["household_id"].unique())
        first = self._after.sort("at", "basket_id", maintain_order=True).group_by(
            "household_id", maintain_order=True
        )
        baskets = []
        for (household,), lines in first:
            one = lines.filter(pl.col("basket_id") == lines["basket_id"][0])
            items = tuple(dict.fromkeys(map(str, one["product_id"])))
            if household in known:
                baskets.append(Basket(str(household), one["at"][0], items))
        return sorted(baskets, key=lambda basket: basket.household)


class Grocer:
    """A shop as it stood at the cut."""

    def __init__(self, year: Year, settings: ShopSettings) -> None:
        items = items_of(year.products, source.prices_of(year.before))
        now = year.cut.timestamp()
        self.shop = OfflineShop(gathered(_events(year)), items, settings, now=now)
        self.settings = settings

    def ask(self, shelf: str, *, at: datetime | None = None, **query: Any) -> list[str]:
        """Return the item ids on a shelf at a time; None: at the cut, or when it was asked last."""
        moment = None if at is None else at.timestamp()
        page = self.shop.ask(shelf, at=moment, **query)
        return [place.product.item_id for place in page.items]

    def set(self, **changes: Any) -> None:
        """Change the shop's settings."""
        self.shop.change(**changes)


def _events(year: Year) -> Iterator[list[Event]]:
    rows = source.rows_of(year.before)
    while chunk := list(islice(rows, _AT_ONCE)):
        yield [
            Event(
                EventKey(who, f"{order}-{what}"), Kind.PURCHASE, what, at, at, count, price, order
            )
            for who, what, order, count, price, at in chunk
        ]
