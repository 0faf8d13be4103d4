"""Small shops of which it is known what tells what a shopper takes next."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from app.bootstrap.offline import OfflineShop
from app.domain.catalogue import Item
from app.domain.events import Event, EventKey, Kind
from app.domain.ratings import Rating, RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation.interactions import gathered
from app.offline.evaluation.sources import ShopData, encoded

SCALE = RatingScale()
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
CATEGORIES = ("tea", "bread", "soap", "rope", "lamps", "paint")


def shop_of(rows: list[tuple[str, str]], categories: dict[str, str]) -> ShopData:
    """Return a shop whose shoppers rated these items 5, one an hour."""
    ratings = [
        Rating(user, item, 5.0, _BEGIN + timedelta(hours=hour))
        for hour, (user, item) in enumerate(rows)
    ]
    items = [Item(item, category=category) for item, category in categories.items()]
    return ShopData(gathered(ratings=ratings), encoded(items), "a small shop")


def only_features_tell(*, shoppers: int = 60, each: int = 5) -> ShopData:
    """Return a shop in which no two shoppers share an item, and each keeps to a category."""
    rows, categories = [], {}
    for turn in range(each):
        for shopper in range(shoppers):
            item = f"item {shopper:03}-{turn}"
            categories[item] = CATEGORIES[shopper % len(CATEGORIES)]
            rows.append((f"shopper {shopper:03}", item))
    return shop_of(rows, categories)


def only_others_tell(*, shoppers: int = 60, each: int = 6) -> ShopData:
    """Return a shop whose categories lead astray, and whose shoppers are of six groups.

    Each group has twelve items of its own.
    """
    random = np.random.default_rng(5)
    chosen = {s: random.permutation(12)[:each] for s in range(shoppers)}
    rows = [
        (f"shopper {shopper:03}", f"item {shopper % 6}-{chosen[shopper][turn]:02}")
        for turn in range(each)
        for shopper in range(shoppers)
    ]
    names = [f"item {group}-{number:02}" for group in range(6) for number in range(12)]
    return shop_of(rows, {name: CATEGORIES[at % 6] for at, name in enumerate(names)})


def make_shop(known, items, settings: ShopSettings, now: float) -> OfflineShop:
    return OfflineShop(known, items, settings, now=now, scale=SCALE)


def written(folder: Path, data: ShopData) -> tuple[Path, Path]:
    """Return a file of a shop's ratings, and one of its items."""
    known = data.interactions
    ratings, items = folder / "ratings.csv", folder / "items.csv"
    with ratings.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("user_id", "item_id", "rating", "timestamp"))
        for row in range(len(known)):
            user, item = known.users[known.user[row]], known.items[known.item[row]]
            rows.writerow((user, item, known.ratings[row], int(known.at[row]) // 1000))
    with items.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("item_id", "category"))
        rows.writerows((item.item_id, item.category) for item in data.items)
    return ratings, items


def of_purchases(*, shoppers: int = 40, each: int = 8) -> ShopData:
    """Return a shop whose shoppers look at items and buy some, some of them again."""
    random = np.random.default_rng(7)
    events = []
    for turn in range(each):
        for shopper in range(shoppers):
            item = f"item {shopper % 4}-{random.integers(9)}"
            at = _BEGIN + timedelta(hours=turn * shoppers + shopper)
            for number, kind in enumerate((Kind.VIEW, Kind.PURCHASE)[: 1 + turn % 2]):
                key = EventKey(f"shopper {shopper:03}", f"{turn}-{number}")
                happened = at + timedelta(minutes=number)
                events.append(Event(key, kind.value, item, happened, happened, 1, 2.0, None))
    items = [Item(f"item {group}-{number}") for group in range(4) for number in range(9)]
    return ShopData(gathered([events]), encoded(items), "a shop of purchases")
