"""Two seeded shops in memory, whose clock stands still."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.bootstrap.offline import OfflineShop
from app.bootstrap.offline_learning import fitting
from app.domain.catalogue import Item
from app.domain.events import Event, EventContext, EventKey
from app.domain.ratings import Rating
from app.domain.settings import ShopSettings
from app.live.encoding import encode_item
from app.offline.evaluation.interactions import gathered

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KINDS = (
    *["view"] * 6,
    "cart_add",
    "cart_remove",
    *["purchase"] * 2,
    "like",
    "dislike",
    "favourite",
)
DEVICES = ("phone", "desk")
COUNTRIES = ("DE", "FR", None)
DAY = 60 * 24
"""Minutes."""


class Seeded:
    """What a shop holds, drawn from a seed; the first items and users are the busiest."""

    def __init__(self, seed: int, *, n_items: int, n_users: int) -> None:
        self.random = random.Random(seed)
        self.n_items = n_items
        self.n_users = n_users

    def item_id(self) -> str:
        return f"i{int(self.n_items * self.random.random() ** 2):05}"

    def user_id(self) -> str:
        return f"u{int(self.n_users * self.random.random() ** 2):04}"

    def items(self, *, own_vectors: bool) -> Iterator[Item]:
        draw = self.random
        for number in range(self.n_items):
            look = draw.choice(("green", "black", "iced", "old", "new"))
            thing = draw.choice(("tea", "cup", "pot", "bread", "milk"))
            item = Item(
                f"i{number:05}",
                title=f"{look} {thing} {number % 97}",
                category=f"c{number % 7}|d{number % 31}" if number % 50 else None,
                brand=f"b{number % 23}" if number % 41 else None,
                price=round(draw.uniform(1, 90), 2) if number % 37 else None,
                tags=tuple(draw.sample(("gift", "bio", "sale", "red", "blue"), draw.randint(0, 2))),
                attributes={"size": draw.choice(("S", "M", "L")), "organic": draw.random() < 0.3},
                description=f"A {thing} for {look} days" if number % 3 == 0 else None,
                in_stock=number % 9 != 0,
                features=self._vector(6) if own_vectors and number % 4 else None,
                vectors={"image": self._vector(8)} if number % 3 else {},
                created_at=NOW - timedelta(days=number % 400),
            )
            yield replace(item, encoding=encode_item(item))

    def _vector(self, size: int) -> tuple[float, ...]:
        return tuple(round(self.random.uniform(-1, 1), 3) for _ in range(size))

    def events(self, n: int, *, minutes: int, kinds: tuple[str, ...] = KINDS) -> Iterator[Event]:
        draw = self.random
        for number in range(n):
            kind = draw.choice(kinds)
            at = NOW - timedelta(minutes=draw.randrange(1, minutes))
            bought = kind == "purchase"
            yield Event(
                EventKey(self.user_id(), f"{minutes}-{number}"),
                kind,
                self.item_id(),
                at,
                at,
                quantity=draw.randint(1, 3) if bought else None,
                price=round(draw.uniform(1, 90), 2) if bought else None,
                order_id=f"o{number // 3}" if bought else None,
                context=EventContext(device=draw.choice(DEVICES), country=draw.choice(COUNTRIES)),
            )

    def repeats(self, n: int) -> Iterator[Event]:
        """Purchases of the same item by the same user every few days."""
        draw = self.random
        for number in range(n):
            user, item, every = self.user_id(), self.item_id(), draw.randint(5, 30)
            for time in range(draw.randint(2, 5)):
                at = NOW - timedelta(days=every * time, minutes=draw.randrange(DAY))
                key = EventKey(user, f"r{number}-{time}")
                yield Event(key, "purchase", item, at, at, quantity=1, order_id=f"r{number}-{time}")

    def ratings(self, n: int) -> list[Rating]:
        draw = self.random
        drawn = (
            Rating(
                f"u{draw.randrange(self.n_users):04}",
                f"i{draw.randrange(self.n_items):05}",
                draw.randint(2, 10) / 2,
                NOW,
            )
            for _ in range(n)
        )
        return list({(rating.user_id, rating.item_id): rating for rating in drawn}.values())


def large_shop() -> tuple[Seeded, OfflineShop]:
    """2,000 items, some 64,000 events, 8,000 ratings; encoded and named vectors."""
    seeded = Seeded(7, n_items=2000, n_users=1500)
    items = list(seeded.items(own_vectors=False))
    past = seeded.events(58_000, minutes=200 * DAY)
    lately = seeded.events(4_000, minutes=30 * 60, kinds=("view",))
    data = gathered([past, lately, seeded.repeats(600)], seeded.ratings(8_000))
    return seeded, OfflineShop(data, items, ShopSettings(repeat_strength=1.0), now=NOW.timestamp())


def small_shop() -> tuple[Seeded, OfflineShop]:
    """300 items with vectors of their own, dense events, fitted models."""
    seeded = Seeded(11, n_items=300, n_users=200)
    items = list(seeded.items(own_vectors=True))
    events = list(seeded.events(9_000, minutes=60 * DAY))
    data = gathered([events], seeded.ratings(1_500))
    learn = [fitting({"ease": {}, "sequence": {}, "ratings": {}})]
    return seeded, OfflineShop(data, items, now=NOW.timestamp(), learn=learn)
