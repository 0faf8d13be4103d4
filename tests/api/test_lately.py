"""Shelves about the shop: popular in a window, trending, new, and of one category."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.bootstrap.live import Live
from app.domain.events import Event, EventKey
from app.engine.tables.activity import Span
from tests.builders import done, failed, ids_of
from tests.unit.engine.builders import mapped

NOW = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
ITEMS = {
    "tea": "Drinks|Tea",
    "cola": "Drinks|Soda",
    "cup": "Kitchen",
    "teapot": "Kitchen|Tea",
    "rake": None,
}
_numbers = count()


@pytest.fixture
def clock(clock):
    clock.now = NOW
    return clock


@pytest.fixture
def shop(make_shop, clock):
    shop = make_shop(clock)
    shop.put_items(*[{"item_id": i, "title": i, "category": c} for i, c in ITEMS.items()])
    return shop


def did(item, kind="view", *, days=0.0, times=1):
    """Make events, each of a visitor of its own."""
    at = NOW - timedelta(days=days)
    return [
        Event(EventKey(f"visitor {n}", f"event {n}"), kind, item, at, at)
        for n in (next(_numbers) for _ in range(times))
    ]


def ask(shop, address, **query):
    return done(shop.client.get(address, query_string=query, headers=shop.storefront))


def told(shop, address, **query):
    """Return item id -> (score, reasons) of what has a score."""
    places = ask(shop, address, explain=1, **query)["recommendation"]
    return {p["item_id"]: (p["score"], p["reasons"]) for p in places if p["score"]}


def test_popular_in_a_window(shop):
    shop.tell(*did("tea", times=4), *did("cup", "purchase", days=3.5))
    shop.tell(*did("rake", "purchase", days=60, times=3))
    # half a window ago counts half
    week = told(shop, "/popular", window="week")
    assert week["tea"][0] == 1
    assert week["cup"][0] == pytest.approx(2.5 / 4)
    assert "rake" in told(shop, "/popular", window="all")
    assert list(told(shop, "/popular", window="all")) == ["rake", "cup", "tea"]
    day = told(shop, "/popular", window="day")
    assert day["tea"][0] == 1
    assert day["cup"][0] == pytest.approx(5 / 2**7 / 4)
    assert week["tea"][1]["popular"] == {"window": "week", "category": None, "events": 4}
    assert day["cup"][1]["popular"]["events"] == 0
    assert ask(shop, "/popular", window="week")["strategy"] == "popular"


def test_what_was_given_back_is_less_popular(shop):
    shop.tell(*did("tea", "purchase", times=2), *did("tea", "return"))
    shop.tell(*did("cup", "view", times=3), *did("rake", "return"))
    week = told(shop, "/popular", window="week")
    assert {item: score for item, (score, _) in week.items()} == {
        "cup": 1.0,
        "tea": pytest.approx(2 / 3),
    }
    assert ids_of(ask(shop, "/popular", window="week"))[:2] == ["cup", "tea"]


def test_what_happened_long_ago_is_not_popular_today(shop, clock):
    shop.tell(*did("tea", times=3))
    clock.now = NOW + timedelta(days=30)
    assert "window" not in told(shop, "/popular", window="day")["tea"][1]["popular"]
    assert len(ids_of(ask(shop, "/popular", window="day"))) == len(ITEMS)


def test_a_weight_that_changes_changes_what_is_popular(shop):
    shop.tell(*did("tea", times=3), *did("cup", "share"))
    assert ids_of(ask(shop, "/popular", window="day"))[:2] == ["tea", "cup"]
    weights = {"share": 9.0}
    done(shop.client.patch("/settings", json={"weights": weights}, headers=shop.admin))
    shop.runtime.feed.wait(shop.repositories.events.add_many(did("rake")).position)
    assert told(shop, "/popular", window="day")["tea"][0] == pytest.approx(3 / 9)
    assert shop.drift() == []


def test_a_shopper_that_is_forgotten_leaves_no_trace(shop):
    events = did("tea", times=3) + did("cup")
    shop.tell(*[event._replace(key=EventKey("ann", event.key.event_id)) for event in events])
    shop.tell(*did("cup"))
    keys = [EventKey("ann", event.key.event_id) for event in events]
    shop.runtime.feed.wait(shop.repositories.events.remove_many(keys))
    shop.tell(*did("rake", "purchase"))
    assert set(told(shop, "/popular", window="all")) == {"cup", "rake"}
    assert shop.drift() == []


def test_trending_is_growth_and_not_size(shop):
    # cola: a hundred a day, for weeks; tea: one a day, and thirty today
    for day in range(1, 28):
        shop.tell(*did("cola", days=day, times=100), *did("tea", days=day))
    shop.tell(*did("cola", times=70), *did("tea", times=30), *did("cup", times=3))
    found = told(shop, "/trending", window="day")
    assert list(found) == ["tea"]
    trend = found["tea"][1]["trending"]
    assert trend["growth"] > 2
    assert trend["recent"] > 5 * trend["usual"]
    assert trend["window"] == "day"
    page = ask(shop, "/trending", window="day")
    assert page["strategy"] == "trending"
    assert len(page["recommendation"]) == len(ITEMS)


def test_three_events_are_no_trend(shop):
    for day in range(30):
        shop.tell(*did("cola", days=day, times=5))
    shop.tell(*did("tea", "purchase", times=3))
    for window in ("day", "week", "month"):
        assert ask(shop, "/trending", window=window)["strategy"] == "popular"


@pytest.mark.parametrize("window", ["all", "year"])
def test_a_trend_of_all_time_is_none(shop, window):
    address = f"/trending?window={window}"
    failed(shop.client.get(address, headers=shop.storefront), 422, "invalid_input")
    body = {"shelves": [{"shelf": "trending", "window": "all"}]}
    page = done(shop.client.post("/recommend/page", json=body, headers=shop.storefront))
    assert page["shelves"][0]["code"] == "invalid_input"


def test_new_items_stand_first(shop, clock):
    clock.now += timedelta(minutes=1)
    shop.put_items({"item_id": "latest"})
    clock.now += timedelta(days=3)
    found = told(shop, "/new")
    assert next(iter(found)) == "latest"
    assert set(found) == {*ITEMS, "latest"}
    score, reasons = found["latest"]
    assert score == pytest.approx(1 / 4, abs=0.001)
    assert reasons["new"] == {"days": 3.0, "category": None}
    assert ask(shop, "/new")["strategy"] == "new"


def test_an_item_that_is_changed_is_not_new_again(shop, clock):
    clock.now += timedelta(minutes=1)
    shop.put_items({"item_id": "latest"})
    shop.item("tea", title="Better tea")
    assert next(iter(told(shop, "/new"))) == "latest"


def test_a_category_and_all_below_it(shop):
    shop.rate("ann", "tea", 5)
    shop.rate("bob", "cola", 4)
    assert set(ids_of(ask(shop, "/for-category/Drinks"))) == {"tea", "cola"}
    assert ids_of(ask(shop, "/for-category/Drinks%7CTea")) == ["tea"]
    assert set(ids_of(ask(shop, "/for-category/Kitchen"))) == {"cup", "teapot"}
    assert ids_of(ask(shop, "/for-category/Tea")) == []
    assert ids_of(ask(shop, "/for-category/Drinks", user_id="ann")) == ["cola"]


def test_a_category_in_a_personal_order(shop):
    for user, item, rating in [
        ("ann", "tea", 5), ("bob", "tea", 5), ("bob", "teapot", 5),
        *((f"cup lover {n}", "cup", 5) for n in range(3)),
    ]:  # fmt: skip
        shop.rate(user, item, rating)
    for user, first, made_by in (("ann", "teapot", "user"), (None, "cup", "popular")):
        query = {"strategy": "user"} | ({"user_id": user} if user else {})
        page = ask(shop, "/for-category/Kitchen", **query)
        assert ids_of(page)[0] == first
        assert set(ids_of(page)) == {"cup", "teapot"}
        assert page["strategy"] == made_by


def test_every_shelf_keeps_to_a_category(shop):
    shop.tell(*did("tea", times=50), *did("cup", times=60))
    for address, query in [("/popular", {"window": "week"}), ("/popular", {}), ("/new", {}),
                           ("/trending", {})]:  # fmt: skip
        page = ask(shop, address, category="Drinks", explain=1, **query)
        assert set(ids_of(page)) == {"tea", "cola"}
        first = page["recommendation"][0]["reasons"]
        about = next(first[name] for name in ("popular", "trending", "new") if name in first)
        assert about["category"] == "Drinks"


def test_loaded_restored_or_followed_the_sums_are_the_same(shop):
    events = did("tea", times=5) + did("cup", "purchase", days=3) + did("cup", "return", days=1)
    shop.tell(*events)
    shop.runtime.feed.wait(shop.repositories.events.remove_many([events[0].key]))
    followed = shop.runtime.projections
    restored, loaded = (Live(shop.repositories, clock=shop.runtime.tables.clock) for _ in range(2))
    for mine, theirs in zip(followed, restored.all, strict=True):
        theirs.restore(mapped(mine.dump()))
    for projection in loaded.all:
        projection.load()
    for mine, theirs, anew in zip(followed, restored.all, loaded.all, strict=True):
        assert theirs.differences(anew) == mine.differences(anew) == []
    activity = restored.tables.activity
    row = restored.tables.items.row("tea")
    assert activity.weighed(Span.ALL, int(NOW.timestamp() * 1000))[row] == 4
