"""Two seeded shops in memory, whose clock stands still."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.bootstrap.offline import OfflineShop, fitting
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
    "search",
    "return",
)
DEVICES = ("phone", "desk")
COUNTRIES = ("DE", "FR", None)
DAY = 60 * 24
"""Minutes."""
CLOCK = NOW.timestamp() + 17
"""Not a whole minute, which is what the service reckons in."""
PRICES = (20.0, 30.0)
"""At the ends of what is asked for."""
N_GONE = 20
"""Items that events are about and that have left the catalogue."""
N_UNSEEN = 20
"""Items of the catalogue, numbered after those, that nothing was done with."""


class Seeded:
    """What a shop holds, drawn from a seed; the first items and users are the busiest."""

    def __init__(self, seed: int, *, n_items: int, n_users: int, long_ids: bool = False) -> None:
        self.random = random.Random(seed)
        self.n_items = n_items
        self.n_users = n_users
        self.long_ids = long_ids

    def named(self, number: int) -> str:
        """Name an item so that items do not stand in the order of their ids.

        Long ids differ only behind the eight bytes that are compared first.
        """
        turned = f"{number:05}"[::-1]
        return f"{'tea' if number % 2 else 'cup'}-of-china-{turned}" if self.long_ids else turned

    def number(self) -> int:
        return int(self.n_items * self.random.random() ** 2)

    def item_id(self) -> str:
        return self.named(self.number())

    def any_number(self) -> int:
        """Draw an item of the catalogue, or now and then one that has left it."""
        if self.random.random() < 0.01:
            return self.n_items + self.random.randrange(N_GONE)
        return self.number()

    def user_id(self) -> str:
        return f"u{int(self.n_users * self.random.random() ** 2):04}"

    def items(self, *, own_vectors: bool) -> Iterator[Item]:
        draw = self.random
        first = self.n_items + N_GONE
        for number in (*range(self.n_items), *range(first, first + N_UNSEEN)):
            look = draw.choice(("green", "black", "iced", "old", "new"))
            thing = draw.choice(("tea", "cup", "pot", "bread", "milk"))
            item = Item(
                self.named(number),
                title=f"{look} {thing} {number % 97}",
                category=f"c{number % 7}|d{number % 31}" if number % 50 else None,
                brand=f"b{number % 23}" if number % 41 else None,
                price=self._price(number),
                tags=tuple(draw.sample(("gift", "bio", "sale", "red", "blue"), draw.randint(0, 2))),
                attributes={"size": draw.choice(("S", "M", "L")), "organic": draw.random() < 0.3},
                description=f"A {thing} for {look} days" if number % 3 == 0 else None,
                in_stock=number % 9 != 0,
                features=self._vector(6) if own_vectors and number % 4 else None,
                vectors={"image": self._vector(8)} if number % 3 else {},
                created_at=NOW - timedelta(days=number % 400 - 2) if number % 43 else None,
            )
            yield replace(item, encoding=encode_item(item))

    def _price(self, number: int) -> float | None:
        drawn = round(self.random.uniform(1, 90), 2) if number % 37 else None
        return PRICES[number % 2] if number % 29 < 2 else drawn

    def _vector(self, size: int) -> tuple[float, ...]:
        return tuple(round(self.random.uniform(-1, 1), 3) for _ in range(size))

    def events(self, n: int, *, minutes: int, kinds: tuple[str, ...] = KINDS) -> Iterator[Event]:
        draw = self.random
        for number in range(n):
            item = self.any_number()
            kind = "dislike" if item % 97 == 96 else draw.choice(kinds)
            device = "phone" if item % 7 == 2 and draw.random() < 0.9 else draw.choice(DEVICES)
            at = NOW - timedelta(minutes=draw.randrange(1, minutes))
            bought = kind == "purchase"
            yield Event(
                EventKey(self.user_id(), f"{minutes}-{number}"),
                kind,
                self.named(item),
                at,
                at,
                quantity=draw.randint(1, 3) if bought else None,
                price=round(draw.uniform(1, 90), 2) if bought else None,
                order_id=f"o{number}" if bought else None,
                context=EventContext(device=device, country=draw.choice(COUNTRIES)),
            )

    def repeats(self, n: int) -> Iterator[Event]:
        """Purchases of the same item by the same user every few days, or on one day."""
        draw = self.random
        for number in range(n):
            user, item = self.user_id(), self.item_id()
            every = draw.choice((0, draw.randint(5, 30)))
            for time in range(draw.randint(2, 5)):
                at = NOW - timedelta(days=every * time, minutes=draw.randrange(DAY))
                key = EventKey(user, f"r{number}-{time}")
                yield Event(key, "purchase", item, at, at, quantity=1, order_id=f"r{number}-{time}")

    def orders(self, n: int) -> Iterator[Event]:
        """Several lines each: what goes together, of one category or not, and what does not."""
        draw = self.random
        for number in range(n):
            user, first = self.user_id(), self.number()
            others = (first, first + 1, 3 * first + 1, first + 7 * 31, self.number())
            at = NOW - timedelta(minutes=draw.randrange(1, 60 * DAY))
            for line, item in enumerate((first, *draw.choices(others, k=draw.randint(1, 4)))):
                key = EventKey(user, f"b{number}-{line}")
                name = self.named(item % self.n_items)
                yield Event(key, "purchase", name, at, at, 1, order_id=f"b{number}")

    def visits(self, n: int) -> Iterator[Event]:
        """What was done a few minutes apart in the last hours."""
        draw = self.random
        for number in range(n):
            user, at = self.user_id(), NOW - timedelta(minutes=draw.randrange(80, 1200))
            items = [self.item_id() for _ in range(6)]
            for click in range(draw.randint(3, 8)):
                at += timedelta(minutes=draw.randint(1, 9))
                kind = draw.choice(("view", "view", "cart_add", "cart_remove", "dislike"))
                key = EventKey(user, f"w{number}-{click}")
                yield Event(key, kind, draw.choice(items), at, at)

    def crowd(self, n: int) -> Iterator[Event]:
        """More buyers of the first item than are looked at, many of whom did just the same."""
        for number in range(n):
            other = 1 + number % 40
            at = NOW - timedelta(hours=3 * other)
            key = EventKey(f"v{number * 7919 % n:04}", f"c{number}")
            for line, item in enumerate((0, other)):
                bought = key._replace(event_id=f"{key.event_id}-{line}")
                order = f"c{number}"
                yield Event(bought, "purchase", self.named(item), at, at, 1, order_id=order)
            seen = key._replace(event_id=f"{key.event_id}-seen")
            yield Event(seen, "view", self.named(0), at, at)

    def ratings(self, n: int) -> list[Rating]:
        """Some users give all or nothing, so that what is predicted of them must be clipped."""
        draw = self.random
        found = {}
        for _ in range(n):
            user, item = draw.randrange(self.n_users), self.named(draw.randrange(self.n_items))
            value = {0: 5.0, 1: 1.0}.get(user % 4, draw.randint(2, 10) / 2)
            found[user, item] = Rating(f"u{user:04}", item, value, NOW)
        return list(found.values())


def large_shop() -> tuple[Seeded, OfflineShop]:
    """2,000 items, some 64,000 events, 8,000 ratings; encoded and named vectors."""
    seeded = Seeded(7, n_items=2000, n_users=1500)
    items = list(seeded.items(own_vectors=False))
    past = seeded.events(48_000, minutes=200 * DAY)
    lately = seeded.events(4_000, minutes=30 * 60, kinds=("view",))
    together = (seeded.repeats(600), seeded.orders(3_000), seeded.visits(800))
    data = gathered([past, lately, *together], seeded.ratings(8_000))
    return seeded, OfflineShop(data, items, ShopSettings(repeat_strength=1.0), now=CLOCK)


def small_shop() -> tuple[Seeded, OfflineShop]:
    """300 items with vectors of their own and long ids, dense events, a crowd, fitted models."""
    seeded = Seeded(11, n_items=300, n_users=200, long_ids=True)
    items = list(seeded.items(own_vectors=True))
    events = seeded.events(8_000, minutes=60 * DAY)
    together = (seeded.repeats(100), seeded.orders(500), seeded.visits(300))
    data = gathered([events, *together, seeded.crowd(2_100)], seeded.ratings(1_500))
    learn = [fitting({"ease": {}, "sequence": {}, "ratings": {}})]
    return seeded, OfflineShop(data, items, now=CLOCK, learn=learn)
