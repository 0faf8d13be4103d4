"""Freshness tokens: a shopper's own write counts in its next read, whichever worker answers."""

import time

import pytest

from tests.builders import done, ids_of, new_id


@pytest.fixture(scope="module")
def token(shop):
    """Give the token of a write."""
    body = {"user_id": "ann", "item_id": shop.item("tea"), "rating": 5}
    return shop.client.post("/rate", json=body, headers=shop.storefront).headers["X-Freshness"]


def ask(shop, token):
    headers = shop.storefront | {"X-Freshness": token}
    return done(shop.client.get("/recommend?user_id=ann", headers=headers))


def parts_of(token):
    seconds, increment, installation = token.split("-")
    return int(seconds, 16), int(increment, 16), installation


def test_every_write_gives_one(shop):
    item, admin, (_, headers) = new_id("item"), shop.admin, shop.shopper()
    writes = [
        ("POST", "/items", {"item_id": item}, admin),
        ("POST", "/items", [{"item_id": item}], admin),
        ("PATCH", f"/items/{item}", {"price": 1}, admin),
        ("PUT", f"/items/{item}", {"price": 1}, admin),
        ("POST", "/rate", {"item_id": item, "rating": 5}, headers),
        ("DELETE", f"/rate/{item}", None, headers),
        ("DELETE", f"/items/{item}", None, admin),
        ("PATCH", "/settings", {"k": 50}, admin),
        ("POST", "/logout", None, headers),
    ]
    before = (0, 0)
    for method, address, body, who in writes:
        response = shop.client.open(address, method=method, json=body, headers=who)
        assert response.status_code < 300
        place = parts_of(response.headers["X-Freshness"])[:2]
        assert place > before
        assert shop.services.feed.position >= place
        before = place
    failed = shop.client.post("/rate", json={"item_id": "nothing", "rating": 5}, headers=headers)
    assert "X-Freshness" not in failed.headers


def test_a_token_given_back_is_fresh(shop, token):
    assert ask(shop, token)["fresh"] is True


def test_the_cookie_does_it_too(shop):
    item, (_, headers) = shop.item(), shop.shopper()
    browser = shop.app.test_client()
    body = {"item_id": item, "rating": 5}
    answer = browser.post("/rate", json=body, headers=headers)
    cookie = browser.get_cookie("shelfwise_freshness")
    assert cookie.value == answer.headers["X-Freshness"]
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert done(browser.get("/recommend", headers=headers))["fresh"] is True


def test_a_place_not_reached_yet_is_said_to_be_missing(shop, token):
    seconds, increment, installation = parts_of(token)
    ahead = f"{seconds + 5:x}-{increment:x}-{installation}"
    assert ask(shop, ahead)["fresh"] is False


@pytest.mark.parametrize(
    "garbage",
    [
        *("x", "-", "--", "1-2", "1-2-", "-1--2-", "zz-zz-{i}", "-1-1-{i}", "--{i}", "1-2-{i}-{i}"),
        *("ffffffffffff-1-{i}", "7fffffff-1-{i}", "{f}-1-{i}", "1-1-other", "{s}-{n}-other"),
        *("x" * 5000, "{s}" * 500 + "-1-{i}", "\xff", "{s}-" + "f" * 3000 + "-other"),
    ],
)
def test_garbage_is_passed_over(shop, token, garbage):
    seconds, increment, installation = parts_of(token)
    values = {"s": f"{seconds:x}", "n": f"{increment:x}", "f": f"{int(time.time()) + 3600:x}"}
    assert ask(shop, garbage.format(i=installation, **values))["fresh"] is True


def test_another_installations_token(shop, make_shop, token):
    other = make_shop()
    other.item("tea")
    assert ask(other, token)["fresh"] is True


def test_a_read_sees_what_was_written(shop):
    _, headers = shop.shopper()
    for _ in range(20):
        item = shop.item()
        body = {"item_id": item, "rating": 5}
        token = shop.client.post("/rate", json=body, headers=headers).headers["X-Freshness"]
        asked = headers | {"X-Freshness": token}
        answer = done(shop.client.get("/recommend?n=100", headers=asked))
        assert answer["fresh"] is True
        assert item not in ids_of(answer)
