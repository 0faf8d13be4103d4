"""A seeded shop over HTTP whose clock stands still."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.factory import create_app
from tests.builders import RunningShop, done, open_shop

NOW = datetime(2033, 5, 18, 12, 0, tzinfo=UTC)
"""Ahead of every real clock: MongoDB removes what has expired by its own."""
USERS = [f"user {number:02}" for number in range(25)]
MEMBERS = USERS[:4]
"""Those with an account."""
SESSIONS = [f"session-number-{number}" for number in range(4)]
N_ITEMS = 120
ITEMS = [f"item {number:03}" for number in range(N_ITEMS)]
CATEGORIES = ("Drinks|Tea", "Drinks|Coffee", "Kitchen|Cups", "Kitchen|Pots", "Food")
_LOOKS = ("green", "black", "iced", "old", "small", "large")
_KINDS = ("view",) * 6 + ("cart_add", "cart_remove", "purchase", "purchase", "like", "dislike")
_TAGS = ("gift", "organic", "sale", "red", "blue")


@contextmanager
def golden_shop(uri: str, folder: Path, **settings: Any) -> Iterator[RunningShop]:
    """Run the seeded shop, with models fitted, on a new database."""
    with open_shop(uri, folder, NOW.timestamp, **settings) as shop:
        shop.runtime.chores.stop()  # by this clock the models are old: they would be fitted again
        _fill(shop, random.Random(2033))
        yield shop


def command(shop: RunningShop, *words: str) -> None:
    """Run a command beside the running shop, by the same clock."""
    app = create_app(shop.app.extensions["shelfwise"].settings, clock=NOW.timestamp)
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output


def settle(shop: RunningShop) -> None:
    """Wait until what a change of settings has computed anew is in memory."""
    shop.runtime.feed.between(lambda place: None)


def _fill(shop: RunningShop, draw: random.Random) -> None:
    shop.put_items(*(_item(draw, number) for number in range(N_ITEMS)))
    for user in MEMBERS:
        shop.register(user)
    for user in USERS:
        for item in draw.sample(ITEMS, draw.randint(2, 10)):
            shop.rate(user, item, draw.choice((1, 2, 3, 4, 4.5, 5)))
    for whose in [{"user_id": user} for user in USERS] + [{"session_id": s} for s in SESSIONS]:
        events = list(_events(draw, draw.randint(10, 60)))
        sent = [{**whose, **event, "event_id": f"e{n}"} for n, event in enumerate(events)]
        answer = done(shop.client.post("/events", json=sent, headers=shop.storefront))
        assert answer["stored"] == len(sent), answer
    shop.runtime.contexts.learn()
    shop.runtime.habits.learn()
    for kind in ("ease", "sequence", "ratings"):
        command(shop, "train", kind)


def _item(draw: random.Random, number: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "item_id": ITEMS[number],
        "title": f"{draw.choice(_LOOKS)} {draw.choice(('tea', 'cup', 'pot', 'bread'))} {number}",
        "category": draw.choice(CATEGORIES) if number % 20 else None,
        "brand": f"brand {draw.randint(1, 8)}" if number % 15 else None,
        "price": round(draw.uniform(1, 60), 2) if number % 17 else None,
        "tags": draw.sample(_TAGS, draw.randint(0, 2)),
        "in_stock": draw.random() < 0.85,
        "attributes": {"size": draw.choice("SML"), "fair": draw.random() < 0.3},
    }
    if number % 6 == 0:
        item["features"] = [round(draw.uniform(-1, 1), 3) for _ in range(4)]
    if number % 10 == 0:
        item["vectors"] = {"image": [round(draw.uniform(-1, 1), 3) for _ in range(3)]}
    if number % 8 == 0:
        item["description"] = f"Made for {draw.choice(_LOOKS)} days"
    return item


def _events(draw: random.Random, count: int) -> Iterator[dict[str, Any]]:
    minutes = sorted((int(90 * 1440 * draw.random() ** 2) for _ in range(count)), reverse=True)
    for order, ago in enumerate(minutes):
        kind, number = draw.choice(_KINDS), int(N_ITEMS * draw.random() ** 1.7)
        event = {"kind": kind, "item_id": ITEMS[number], "at": NOW.timestamp() - 60 * ago}
        if draw.random() < 0.5:
            event["context"] = {
                "device": draw.choice(("phone", "desk")),
                "country": draw.choice(("DE", "FR")),
            }
        if kind != "purchase":
            yield event
            continue
        event |= {"order_id": f"order {order}", "quantity": draw.randint(1, 3)}
        yield event | {"price": round(draw.uniform(1, 60), 2)}
        if draw.random() < 0.7:  # some items go together
            yield event | {"item_id": ITEMS[number ^ 1]}
