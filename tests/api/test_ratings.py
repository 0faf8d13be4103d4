"""Ratings over HTTP: give, replace, take back; nothing wrong is ever stored."""

import json

import pytest

from tests.builders import AWKWARD_IDS, BAD_IDS, done, failed, ids_of, new_id, segment

NO_RATINGS = [
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308"),
    *("0", "0.999", "5.0001", "6", "-1", "true", "false", "null"),
    *('"5"', '""', '"five"', "[]", "[5]", "{}", '{"$gt":""}', '{"$numberDouble":"5"}'),
]


def test_a_second_rating_replaces_the_first(shop):
    user, headers = shop.shopper()
    item = shop.item()
    for rating in (2, 4.5):
        body = {"item_id": item, "rating": rating}
        answer = done(shop.client.post("/rate", json=body, headers=headers))
        assert answer["user_id"] == user
        assert answer["item_id"] == item
        assert answer["rating"] == rating
        assert answer["rated_at"].endswith("Z")
    rows = done(shop.client.get("/users/me/ratings", headers=headers))["ratings"]
    assert rows == [{"item_id": item, "rating": 4.5, "rated_at": answer["rated_at"]}]


def test_a_rating_is_taken_back_once(shop):
    user, headers = shop.shopper()
    item = shop.item()
    shop.rate(user, item, 5)
    assert done(shop.client.delete(f"/rate/{item}", headers=headers))["item_id"] == item
    assert (user, item) not in shop.ratings()
    failed(shop.client.delete(f"/rate/{item}", headers=headers), 404, "unknown_rating")


def test_the_next_request_counts_it(shop):
    user, headers = shop.shopper()
    item = shop.item(title="oolong tea", category="Tea")
    for _ in range(10):
        shop.client.post("/rate", json={"item_id": item, "rating": 5}, headers=headers)
        assert item not in ids_of(done(shop.client.get("/recommend?n=100", headers=headers)))
        shop.client.delete(f"/rate/{item}", headers=headers)
        assert item in ids_of(done(shop.client.get("/recommend?n=100", headers=headers)))
    assert (user, item) not in shop.ratings()


@pytest.mark.parametrize("kind", [None, "multipart/form-data"])
def test_takes_forms(shop, kind):
    user, headers = shop.shopper()
    item = shop.item()
    form = {"item_id": item, "rating": "3.5"}
    options = {"content_type": kind} if kind else {}
    answer = done(shop.client.post("/rate", data=form, headers=headers, **options))
    assert answer["rating"] == 3.5
    assert shop.ratings()[user, item] == 3.5


@pytest.mark.parametrize("item", AWKWARD_IDS)
def test_every_allowed_item_id(shop, item):
    user, headers = shop.shopper()
    shop.item(item)
    done(shop.client.post("/rate", json={"item_id": item, "rating": 5}, headers=headers))
    assert shop.ratings()[user, item] == 5
    address = f"/rate/{segment(item)}"
    assert done(shop.client.delete(address, headers=headers))["item_id"] == item
    done(shop.client.post("/rate", data={"item_id": item, "rating": "1"}, headers=headers))
    address += f"?user_id={segment(user)}"
    assert done(shop.client.delete(address, headers=shop.storefront))["user_id"] == user


@pytest.mark.parametrize("user", AWKWARD_IDS)
def test_every_allowed_user_id(shop, user):
    item = shop.item()
    shop.rate(user, item, 2)
    address = f"/rate/{item}?user_id={segment(user)}"
    assert done(shop.client.delete(address, headers=shop.storefront))["user_id"] == user


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_is_no_id(shop, bad):
    headers = shop.storefront
    good = {"item_id": shop.item(), "user_id": "ann", "rating": 5}
    for name in ("item_id", "user_id"):
        response = shop.client.post("/rate", json=good | {name: bad}, headers=headers)
        assert name in failed(response, 422, "invalid_input")["detail"]
    failed(shop.client.delete(f"/rate/{segment(bad)}?user_id=ann", headers=headers), 404)
    response = shop.client.delete(f"/rate/tea?user_id={segment(bad)}", headers=headers)
    assert "user_id" in failed(response, 422, "invalid_input")["detail"]


def test_unknown_items_are_not_rated(shop):
    _, headers = shop.shopper()
    body = {"item_id": new_id("nothing"), "rating": 5}
    answer = failed(shop.client.post("/rate", json=body, headers=headers), 404, "unknown_item")
    assert answer["detail"] == {"item_id": body["item_id"]}
    assert all(key[1] != body["item_id"] for key in shop.ratings())


def test_a_key_says_for_whom(shop):
    body = {"item_id": shop.item(), "rating": 5}
    answer = failed(shop.client.post("/rate", json=body, headers=shop.storefront), 422)
    assert "user_id" in answer["detail"]


def test_a_shopper_rates_for_itself(shop):
    user, headers = shop.shopper()
    item = shop.item()
    mine = {"item_id": item, "rating": 5, "user_id": user}
    done(shop.client.post("/rate", json=mine, headers=headers))
    other = mine | {"user_id": "somebody else"}
    failed(shop.client.post("/rate", json=other, headers=headers), 403, "not_allowed")
    assert ("somebody else", item) not in shop.ratings()


@pytest.mark.parametrize("rating", [1, 1.0, 5, 4.999, 3.14159])
def test_the_scale_is_1_to_5_fractions_allowed(shop, rating):
    user, item = new_id("user"), shop.item()
    assert shop.rate(user, item, rating)["rating"] == rating


def test_the_scale_is_the_shops(make_shop):
    shop = make_shop(rating_min=0, rating_max=10)
    item = shop.item("tea")
    assert shop.rate("ann", item, 0)["rating"] == 0
    assert shop.rate("ann", item, 10)["rating"] == 10
    body = {"user_id": "ann", "item_id": item, "rating": 10.5}
    answer = failed(shop.client.post("/rate", json=body, headers=shop.storefront), 422)
    assert "0 to 10" in answer["detail"]["rating"][0]


@pytest.mark.parametrize(
    "rating",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "0",
        "0.999",
        "5.0001",
        "6",
        "-1",
        "1e308",
        "true",
        "false",
        "null",
        '"5"',
        '""',
        '"five"',
        "[]",
        "[5]",
        "{}",
        '{"$gt":""}',
        '{"$numberDouble":"5"}',
    ],
)
def test_what_is_no_rating(shop, rating):
    _, headers = shop.shopper()
    before = shop.stored()
    text = f'{{"item_id": {json.dumps(shop.item())}, "rating": {rating}}}'
    before = shop.stored()
    response = shop.client.post(
        "/rate", data=text, content_type="application/json", headers=headers
    )
    failed(response, response.status_code)
    assert response.status_code in (400, 422)
    assert shop.stored() == before


@pytest.mark.parametrize(
    "rating", ["nan", "inf", "-inf", "1e999", "", " ", "true", "five", "0", "6", "1,5", "[5]"]
)
def test_what_is_no_rating_in_a_form(shop, rating):
    _, headers = shop.shopper()
    item = shop.item()
    before = shop.stored()
    form = {"item_id": item, "rating": rating}
    assert "rating" in failed(shop.client.post("/rate", data=form, headers=headers), 422)["detail"]
    assert shop.stored() == before
