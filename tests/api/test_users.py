"""Shoppers over HTTP: who they are, what they rated, and their leave."""

import pytest

from tests.builders import AWKWARD_IDS, BAD_IDS, done, failed, ids_of, new_id, segment


@pytest.mark.parametrize("user", [id_ for id_ in AWKWARD_IDS if id_ != "me"])
def test_every_allowed_id_lives_its_life(shop, user):
    item = shop.item()
    shop.register(user)
    shop.rate(user, item, 4)
    address = f"/users/{segment(user)}"
    headers = shop.storefront
    assert done(shop.client.get(address, headers=headers))["user_id"] == user
    rated = done(shop.client.get(f"{address}/ratings", headers=headers))
    assert rated["user_id"] == user
    assert [row["item_id"] for row in rated["ratings"]] == [item]
    assert shop.recommend(user)["user_id"] == user
    assert done(shop.client.delete(address, headers=headers))["ratings_removed"] == 1
    failed(shop.client.get(address, headers=headers), 404, "unknown_user")
    assert all(key[0] != user for key in shop.ratings())


@pytest.mark.parametrize("user", BAD_IDS)
@pytest.mark.parametrize("rest", ["", "/ratings"])
def test_what_is_no_id_is_no_address(shop, user, rest):
    failed(shop.client.get(f"/users/{segment(user)}{rest}", headers=shop.admin), 404, "not_found")


def test_ratings_come_newest_first(shop):
    user, headers = shop.shopper()
    items = [shop.item() for _ in range(3)]
    for item in [*items, items[0]]:
        shop.rate(user, item, 3)
    rows = done(shop.client.get("/users/me/ratings", headers=headers))["ratings"]
    assert {row["item_id"] for row in rows} == set(items)
    times = [row["rated_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(time.endswith("Z") for time in times)


def test_a_shopper_sees_nobody_else(shop):
    _, headers = shop.shopper()
    other, _ = shop.shopper()
    for method, address in [
        ("GET", f"/users/{other}"),
        ("GET", f"/users/{other}/ratings"),
        ("DELETE", f"/users/{other}"),
        ("GET", f"/recommend?user_id={other}"),
        ("GET", f"/popular?user_id={other}"),
        ("DELETE", f"/rate/tea?user_id={other}"),
    ]:
        response = shop.client.open(address, method=method, headers=headers)
        failed(response, 403, "not_allowed")
    assert shop.database["users"].find_one({"_id": other})


def test_a_shopper_may_say_its_own_name(shop):
    user, headers = shop.shopper()
    for address in (f"/users/{user}", f"/users/{user}/ratings", f"/recommend?user_id={user}"):
        assert done(shop.client.get(address, headers=headers))["user_id"] == user


def test_a_shopper_who_leaves_is_forgotten(make_shop):
    shop = make_shop()
    for item in ("oolong", "sencha", "kettle"):
        shop.item(item)
    shop.rate("bob", "sencha", 5)
    user, headers = shop.shopper("ann")
    for item, rating in [("oolong", 5), ("sencha", 4)]:
        shop.rate(user, item, rating)
    assert ids_of(shop.recommend("bob"))[0] == "oolong"
    assert done(shop.client.delete("/users/me", headers=headers))["ratings_removed"] == 2
    assert shop.ratings() == {("bob", "sencha"): 5.0}
    assert shop.database["users"].count_documents({}) == 0
    assert shop.recommend(user)["strategy"] == "popular"
    assert shop.recommend("bob", min_score=0.001, strategy="user")["recommendation"] == []
    assert shop.drift() == []


def test_a_shopper_without_an_account_leaves_at_once(shop):
    item, user = shop.item(), new_id("guest")
    for _ in range(20):
        visitor = new_id(user)
        shop.rate(visitor, item, 5)
        done(shop.client.delete(f"/users/{visitor}", headers=shop.storefront))
        assert shop.recommend(visitor)["strategy"] == "popular"
        assert shop.runtime.tables.preferences.of_user(visitor) == []


def test_a_shopper_who_comes_back_is_rated_for_again(shop):
    user, headers = shop.shopper()
    item = shop.item()
    done(shop.client.delete("/users/me", headers=headers))
    shop.register(user)
    assert shop.rate(user, item, 5)["rating"] == 5
    assert shop.ratings()[user, item] == 5


def test_nobody_of_that_name(shop):
    nobody = new_id("nobody")
    failed(shop.client.get(f"/users/{nobody}", headers=shop.admin), 404, "unknown_user")
    failed(shop.client.delete(f"/users/{nobody}", headers=shop.admin), 404, "unknown_user")
    rated = done(shop.client.get(f"/users/{nobody}/ratings", headers=shop.admin))
    assert rated["ratings"] == []


def test_a_key_has_no_me(shop):
    failed(shop.client.get("/users/me", headers=shop.storefront), 404, "unknown_user")
