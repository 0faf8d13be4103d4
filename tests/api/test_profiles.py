"""What is known of a shopper or a session, in figures that can be counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import subjects
from app.domain.events import Event, EventKey
from tests.builders import done, failed

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
ITEMS = [
    {"item_id": "sencha", "category": "Drinks|Tea", "brand": "Uji", "price": 2},
    {"item_id": "oolong", "category": "Drinks|Tea", "brand": "Uji", "price": 4},
    {"item_id": "gyokuro", "category": "Drinks|Tea", "brand": "Yame", "price": 8},
    {"item_id": "cup", "category": "Kitchen", "price": 3},
    {"item_id": "bowl", "category": "Kitchen", "brand": "Clay", "price": 5},
    {"item_id": "odd"},
]
EMPTY = {
    "activity": {"events": {}, "last_7_days": 0, "last_30_days": 0, "last_90_days": 0,
                 "active_days": 0, "first_seen": None, "last_seen": None},
    "purchases": {"orders": 0, "items": 0, "per_30_days": 0.0, "recency_days": None,
                  "spent": 0.0, "mean_basket": None},
    "ratings": {"count": 0, "mean": None},
    "categories": [],
    "brands": [],
    "price_level": None,
}  # fmt: skip


@pytest.fixture
def shop(make_shop):
    shop = make_shop(NOW.timestamp)
    shop.put_items(*ITEMS)
    return shop


def did(subject, *steps):
    """Make events from (item, kind, days ago, more)."""
    made = []
    for number, (item, kind, days, more) in enumerate(steps):
        at = NOW - timedelta(days=days)
        made.append(Event(EventKey(subject, f"event {number}"), kind, item, at, at, **more))
    return made


def profile(shop, subject, headers=None):
    found = shop.client.get(f"/{subject}/profile", headers=headers or shop.storefront)
    answer = done(found)
    return {name: answer[name] for name in EMPTY}


def test_of_nobody_nothing_is_known(shop):
    assert profile(shop, "users/nobody") == EMPTY
    assert profile(shop, "sessions/unheard-of") == EMPTY


def test_activity(shop):
    shop.tell(
        *did("ann", ("cup", "view", 0.1, {}), ("cup", "view", 0.2, {}), ("cup", "like", 6, {}),
             ("cup", "view", 8, {}), ("bowl", "view", 29, {}), ("bowl", "cart_add", 89, {}),
             ("bowl", "view", 91, {}))
    )  # fmt: skip
    first, last = NOW - timedelta(days=91), NOW - timedelta(days=0.1)
    assert profile(shop, "users/ann")["activity"] == {
        "events": {"cart_add": 1, "like": 1, "view": 5},
        "last_7_days": 3,
        "last_30_days": 5,
        "last_90_days": 6,
        "active_days": 6,
        "first_seen": first.isoformat().replace("+00:00", "Z"),
        "last_seen": last.isoformat().replace("+00:00", "Z"),
    }


def test_days_are_the_shops(shop):
    shop.tell(*did("ann", ("cup", "view", 0.1, {}), ("cup", "view", 0.3, {})))
    assert profile(shop, "users/ann")["activity"]["active_days"] == 1
    zone = {"timezone": "America/Denver"}  # where midnight was in between
    done(shop.client.patch("/settings", json=zone, headers=shop.admin))
    assert profile(shop, "users/ann")["activity"]["active_days"] == 2


def test_purchases(shop):
    shop.tell(
        *did("ann",
             ("cup", "purchase", 60, {"order_id": "1", "price": 3.0, "quantity": 2}),
             ("bowl", "purchase", 60, {"order_id": "1", "price": 5.0}),
             ("bowl", "purchase", 30, {"order_id": "2", "price": 4.5}),
             ("odd", "purchase", 20, {"order_id": "3"}),
             ("odd", "purchase", 15, {"price": 1.0}),
             ("odd", "purchase", 15, {"price": 1.0}),
             ("odd", "view", 1, {"price": 1.0}))
    )  # fmt: skip
    assert profile(shop, "users/ann")["purchases"] == {
        "orders": 5,
        "items": 7,
        "per_30_days": 2.5,
        "recency_days": 15.0,
        "spent": 17.5,
        "mean_basket": 4.38,  # of four orders
    }


def test_one_purchase_yesterday_is_no_thirty_a_month(shop):
    shop.tell(*did("ann", ("cup", "purchase", 1, {})))
    assert profile(shop, "users/ann")["purchases"]["per_30_days"] == 1


def test_favourites_are_shares_of_what_is_preferred(shop):
    for item, rating in (("sencha", 5), ("gyokuro", 3), ("cup", 2)):
        shop.rate("ann", item, rating)
    # weight 5 with saturation 5 is half of the top
    shop.tell(*did("ann", ("oolong", "purchase", 0, {}), ("bowl", "dislike", 0, {})))
    found = profile(shop, "users/ann")
    assert found["ratings"] == {"count": 3, "mean": 3.3333}
    assert found["categories"] == [
        {"name": "Drinks|Tea", "share": 0.84},
        {"name": "Kitchen", "share": 0.16},
    ]
    assert found["brands"] == [{"name": "Uji", "share": 0.6}, {"name": "Yame", "share": 0.24}]


def test_no_more_than_five_favourites(shop):
    names = [f"Kind {n}" for n in range(8)]
    shop.put_items(*[{"item_id": name, "category": name} for name in names])
    for name in reversed(names):
        shop.rate("ann", name, 4)
    shop.rate("ann", "Kind 7", 5)
    found = profile(shop, "users/ann")["categories"]
    assert [each["name"] for each in found] == ["Kind 7", *names[:4]]


@pytest.mark.parametrize(
    ("steps", "level"),
    [
        ([("sencha", "view")], 0.0),
        ([("oolong", "view")], 0.5),
        ([("gyokuro", "purchase")], 1.0),
        ([("sencha", "view"), ("oolong", "view"), ("bowl", "purchase")], 0.5),
        ([("sencha", "view"), ("sencha", "view"), ("gyokuro", "view")], 0.5),
        ([("gyokuro", "like")], None),
        ([("odd", "view")], None),
    ],
)
def test_price_level(shop, steps, level):
    shop.tell(*did("ann", *[(item, kind, 1, {}) for item, kind in steps]))
    assert profile(shop, "users/ann")["price_level"] == level


def test_it_is_of_now(shop):
    shop.tell(*did("ann", ("sencha", "view", 1, {})))
    assert profile(shop, "users/ann")["price_level"] == 0.0
    shop.tell(*did("ann", ("gyokuro", "view", 0, {}), ("gyokuro", "purchase", 0, {})))
    found = profile(shop, "users/ann")
    assert found["activity"]["events"] == {"purchase": 1, "view": 1}  # ids are used once


def test_an_item_that_left_counts_without_its_category(shop):
    shop.tell(*did("ann", ("gyokuro", "purchase", 1, {"price": 8.0})))
    done(shop.client.delete("/items/gyokuro", headers=shop.admin))
    found = profile(shop, "users/ann")
    assert found["categories"] == []
    assert found["price_level"] is None


def test_a_session_has_one_too(shop):
    session = "a-visitor-of-today"
    shop.tell(*did(subjects.of_session(session), ("bowl", "view", 0, {})))
    answer = done(shop.client.get(f"/sessions/{session}/profile", headers=shop.storefront))
    assert answer["session_id"] == session
    assert "user_id" not in answer or answer["user_id"] is None
    assert answer["activity"]["events"] == {"view": 1}
    assert answer["brands"] == [{"name": "Clay", "share": 1.0}]
    failed(shop.client.get("/sessions/short/profile", headers=shop.storefront), 422)


def test_a_shopper_reads_its_own(shop):
    ann, token = shop.shopper("ann")
    shop.rate(ann, "cup", 4)
    answer = done(shop.client.get("/users/me/profile", headers=token))
    assert answer["user_id"] == "ann"
    assert answer["ratings"] == {"count": 1, "mean": 4.0}
    failed(shop.client.get("/users/bob/profile", headers=token), 403, "not_allowed")
