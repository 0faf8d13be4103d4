"""What a row of preferences says equals the documented formula, at every moment."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.events import WEIGHTS, Event, EventKey, Kind
from app.domain.recommendations import OwnRecord
from app.live.memory import Shopper
from tests.builders import RunningShop

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
TOP, HALF_LIFE, SATURATION = 5.0, 90.0, 5.0
# (item, kind, days ago)
STORY = [
    ("rated", "purchase", 400),
    ("rated", "view", 1),
    ("disliked", "view", 12),
    ("disliked", "dislike", 10.5),
    *[("saturated", "purchase", day) for day in range(0, 200)],
    ("old", "favourite", 730),
    ("old", "view", 731.25),
    ("returned", "purchase", 40),
    ("returned", "return", 33),
    ("wished", "wish", 3),
    ("basket", "cart_add", 5),
    ("basket", "cart_remove", 4.5),
    ("found", "search", 2),
    ("liked", "like", 6),
    ("liked", "share", 60),
]


def test_every_kind_of_event_is_in_the_story():
    assert set(Kind) - {kind for _, kind, _ in STORY} == set()
    assert set(Kind) == WEIGHTS.keys()


def by_formula(events, at, weights, half_life=HALF_LIFE, saturation=SATURATION):
    """The ten lines: item -> value at a time."""
    values = {}
    for item in {event[0] for event in events}:
        mine = [(kind, days) for name, kind, days in events if name == item and kind in weights]
        last = min(days for _, days in mine)
        total = sum(weights[kind] * 2 ** (-(days - last) / half_life) for kind, days in mine)
        since = last + (at - NOW) / timedelta(days=1)
        values[item] = TOP * total / (abs(total) + saturation) * 2 ** (-since / half_life)
    return values


@pytest.fixture
def clock(clock):
    clock.now = NOW
    return clock


def tell(shop: RunningShop, user: str = "ann", story=STORY) -> None:
    events = [
        Event(EventKey(user, f"{item} {kind} {days}"), kind, item, at, at)
        for item, kind, days in story
        for at in [NOW - timedelta(days=days)]
    ]
    written = shop.repositories.events.add_many(events)
    shop.runtime.feed.wait(written.position)


def preferences(shop: RunningShop, user: str = "ann") -> dict[str, float]:
    """Return what memory says now, in rating units, as the shelves read it."""
    tables = shop.runtime.tables
    with tables.lock:
        profile = Shopper(tables, user).profile
        ids = [tables.items.id(row) for row in profile.items.tolist()]
        return dict(zip(ids, profile.ratings.tolist(), strict=True))


@pytest.fixture
def told(make_shop, clock):
    shop = make_shop(clock)
    shop.put_items(*[{"item_id": item} for item in sorted({event[0] for event in STORY})])
    shop.services.settings.change({"weights": {"wish": 2.0}})
    tell(shop)
    shop.rate("ann", "rated", 4.5)
    return shop


WITH_WISH = {**WEIGHTS, "wish": 2.0}


@pytest.mark.parametrize("days", [0, 30, 365])
def test_a_row_read_later_without_a_write_equals_the_formula(told, clock, days):
    clock.now = NOW + timedelta(days=days)
    expected = by_formula(STORY, clock.now, WITH_WISH) | {"rated": 4.5}
    assert preferences(told) == pytest.approx(expected, rel=1e-6)
    assert told.drift() == []


def test_all_values_lie_within_the_scale(told):
    values = preferences(told)
    assert all(abs(value) < TOP for value in values.values())
    assert values["saturated"] > 4.5
    assert values["disliked"] < 0 > values["returned"]


def test_a_rating_taken_back_leaves_what_was_done(told, clock):
    body = {"query_string": {"user_id": "ann"}, "headers": told.storefront}
    assert told.client.delete("/rate/rated", **body).status_code == 200
    expected = by_formula(STORY, NOW, WITH_WISH)
    assert preferences(told) == pytest.approx(expected, rel=1e-6)
    assert told.drift() == []


def test_new_weights_count_at_once_and_in_a_snapshot(told, clock):
    changed = {"weights": {"view": 0.0, "purchase": 2.0}, "half_life_days": 10.0, "saturation": 3.0}
    told.services.settings.change(changed)
    weights = WITH_WISH | {"view": 0.0, "purchase": 2.0}
    kept = [event for event in STORY if weights[event[1]]]
    expected = by_formula(kept, NOW, weights, half_life=10.0, saturation=3.0) | {"rated": 4.5}
    assert preferences(told) == pytest.approx(expected, rel=1e-6)
    assert told.drift() == []


def test_the_landmark_moves_long_before_numbers_grow_too_large(told, clock):
    clock.now = NOW + timedelta(days=90 * 70)
    tell(told, "bob", [("old", "view", -90 * 70)])
    expected = by_formula(STORY, clock.now, WITH_WISH) | {"rated": 4.5}
    assert preferences(told) == pytest.approx(expected, rel=1e-5)
    assert preferences(told, "bob")["old"] == pytest.approx(TOP * 1 / 6)


def test_events_that_are_taken_away_no_longer_count(told, clock):
    gone = [EventKey("ann", f"{item} {kind} {days}") for item, kind, days in STORY[2:4]]
    told.runtime.feed.wait(told.repositories.events.remove_many(gone))
    kept = [event for event in STORY if event[0] != "disliked"]
    expected = by_formula(kept, NOW, WITH_WISH) | {"rated": 4.5}
    assert preferences(told) == pytest.approx(expected, rel=1e-6)
    assert told.drift() == []


def test_what_was_read_from_the_database_says_the_same(told, clock):
    tables = told.runtime.tables
    own = OwnRecord({"rated": 4.5}, told.repositories.events.of_subject("ann"))
    with tables.lock:
        shopper = Shopper(tables, "ann", own)
        profile = shopper.profile
        ids = [tables.items.id(row) for row in profile.items.tolist()]
        read = dict(zip(ids, profile.ratings.tolist(), strict=True))
        implied = dict(zip(ids, profile.implied.tolist(), strict=True))
        assert len(shopper.events) == len(STORY)
    assert read == pytest.approx(preferences(told), rel=1e-6)
    assert {item for item, mark in implied.items() if not mark} == {"rated"}
