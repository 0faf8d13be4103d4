"""Ratings predicted over HTTP: by a fitted model, by the neighbours, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.test_models import flask, follows, ran
from tests.builders import RunningShop, done

pytestmark = pytest.mark.slow

ITEMS = [f"item {number}" for number in range(10)]
FIT = ("train", "ratings", "--set", "dimensions=2", "--set", "draws=10")


@pytest.fixture
def shop(make_shop: Callable[..., RunningShop]) -> RunningShop:
    """Give a shop where even shoppers love the even items and loathe the odd, and the reverse."""
    shop = make_shop()
    shop.put_items(*({"item_id": item_id} for item_id in ITEMS))
    for user in range(20):
        for item in range(len(ITEMS)):
            if item != user // 2 % 10:
                shop.rate(f"user {user}", ITEMS[item], 5 if user % 2 == item % 2 else 1)
    return shop


def predicted(shop: RunningShop, user_id: str, item_id: str) -> dict[str, Any]:
    address = f"/items/{item_id}/predicted-rating?user_id={user_id}"
    return done(shop.client.get(address, headers=shop.storefront))


def test_a_rating_given_now_changes_what_the_model_predicts(shop: RunningShop) -> None:
    ran(shop, *FIT)
    assert follows(shop, ratings=1)
    shop.rate("new", "item 0", 5)
    shop.rate("new", "item 1", 1)
    before = predicted(shop, "new", "item 2")
    assert before["model"] == "ratings/1"
    assert before["reason"] is None
    assert before["rating"] > predicted(shop, "new", "item 3")["rating"]
    for number in (0, 4, 6):
        shop.rate("new", f"item {number}", 1)
    for number in (1, 5, 7):
        shop.rate("new", f"item {number}", 5)
    after = predicted(shop, "new", "item 2")["rating"]
    assert 1 <= after < before["rating"] <= 5
    assert after < predicted(shop, "new", "item 3")["rating"]
    assert shop.drift() == []


def test_the_model_holds_nobody_and_ranks_nothing(shop: RunningShop) -> None:
    output = ran(shop, *FIT)
    assert "ratings/1: 180 preferences of 20 shoppers for 10 items" in output
    assert follows(shop, ratings=1)
    held = b"".join(row["data"] for row in shop.database["models.chunks"].find())
    assert b"item 1" in held
    assert b"user 1" not in held
    assert shop.recommend("user 0")["strategy"] == "hybrid"
    assert 'shelfwise_model_version{kind="ratings"} 1.0' in shop.client.get("/metrics").text


def test_neighbours_predict_where_no_model_can(shop: RunningShop) -> None:
    assert predicted(shop, "user 0", "item 0")["model"] == "neighbours"
    assert predicted(shop, "user 0", "item 0")["rating"] > 3
    ran(shop, *FIT)
    assert follows(shop, ratings=1)
    shop.item("later")
    assert predicted(shop, "user 0", "later")["rating"] is None
    shop.rate("user 2", "later", 2)
    found = predicted(shop, "user 0", "later")
    assert (found["model"], found["rating"]) == ("neighbours", pytest.approx(2))


def test_nothing_is_said_of_a_stranger(shop: RunningShop) -> None:
    found = predicted(shop, "stranger", "item 0")
    assert (found["rating"], found["model"]) == (None, None)
    assert "rated" in found["reason"]


def test_a_shopper_asks_for_itself_and_of_items_there_are(shop: RunningShop) -> None:
    user_id, bearer = shop.shopper()
    body = {"item_id": "item 0", "rating": 5}
    done(shop.client.post("/rate", json=body, headers=bearer))
    found = done(shop.client.get("/items/item%202/predicted-rating", headers=bearer))
    assert (found["user_id"], found["item_id"]) == (user_id, "item 2")
    assert found["rating"] > 3
    other = "/items/item%202/predicted-rating?user_id=user%200"
    assert shop.client.get(other, headers=bearer).status_code == 403
    assert shop.client.get("/items/none/predicted-rating", headers=bearer).status_code == 404


def test_a_shop_without_ratings_is_told_so(make_shop: Callable[..., RunningShop]) -> None:
    result = flask(make_shop(), "train", "ratings")
    assert result.exit_code == 1
    assert "nobody has rated anything" in result.output
