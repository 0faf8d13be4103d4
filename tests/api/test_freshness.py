"""Freshness tokens: a shopper's own write counts in its next read, whichever worker answers."""

import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from app.domain.errors import StoreUnavailable
from app.domain.ratings import Rating
from tests.builders import done, ids_of, new_id, open_shop, segment


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
        assert shop.runtime.feed.position >= place
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


def ahead_of(token):
    seconds, increment, installation = parts_of(token)
    return f"{seconds + 5:x}-{increment:x}-{installation}"


def test_a_place_not_reached_yet_is_said_to_be_missing_if_nothing_helps(shop, token, monkeypatch):
    def away(*_, **__):
        raise StoreUnavailable

    monkeypatch.setattr(shop.repositories.ratings, "values_of", away)
    assert ask(shop, ahead_of(token))["fresh"] is False


@contextmanager
def late(shop):
    """Keep memory as it is while the body runs."""
    held, go_on = threading.Event(), threading.Event()

    def hold(_):
        held.set()
        go_on.wait(60)

    holder = threading.Thread(target=shop.runtime.feed.between, args=(hold,))
    holder.start()
    try:
        assert held.wait(10)
        yield
    finally:
        go_on.set()
        holder.join()


@pytest.fixture(scope="module")
def market(make_market):
    return make_market()


@pytest.fixture(scope="module")
def make_market(mongo_uri, tmp_path_factory):
    with ExitStack() as stack:

        def make():
            shop = stack.enter_context(open_shop(mongo_uri, tmp_path_factory.mktemp("market")))
            shop.put_items(
                *[{"item_id": item, "category": f"Drinks|{n % 3}"} for n, item in enumerate(ITEMS)]
            )
            for n, user in enumerate(["ann", "bob", "cyd", "dan", "eve"]):
                for item in ITEMS[n : n + 5]:
                    shop.rate(user, item, 1 + (n + len(item)) % 5)
            return shop

        yield make


ITEMS = [f"{'tea' * (n % 4)}-{n}" for n in range(12)]
WRITES = {
    "a new rating": lambda ratings: ratings.put(Rating("ann", ITEMS[7], 3.7)),
    "another value": lambda ratings: ratings.put(Rating("ann", ITEMS[1], 1.0)),
    "a rating taken back": lambda ratings: ratings.remove("ann", ITEMS[2]).position,
    "a first rating": lambda ratings: ratings.put(Rating("new", ITEMS[0], 4.0)),
}


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("strategy", ["user", "item", "hybrid"])
def test_where_memory_is_late_the_shoppers_own_count(market, write, strategy):
    shop = market
    user = "new" if write is WRITES["a first rating"] else "ann"
    query = {"user_id": user, "strategy": strategy, "explain": 1, "n": 100}

    def look(token):
        headers = shop.storefront | {"X-Freshness": token}
        return done(shop.client.get("/recommend", query_string=query, headers=headers))

    before = shop.repositories.ratings.of_user(user)
    with late(shop):
        position = write(shop.repositories.ratings)
        assert shop.runtime.feed.position < position
        token = shop.services.freshness.token(position)
        early = look(token)
        assert early["fresh"] is True
        for address in ("/popular", f"/items/{segment(ITEMS[0])}/similar"):
            headers = shop.storefront | {"X-Freshness": token}
            asked = {"user_id": user, "n": 100}
            shown = ids_of(done(shop.client.get(address, query_string=asked, headers=headers)))
            assert not set(shown) & {r.item_id for r in shop.repositories.ratings.of_user(user)}
    assert shop.runtime.feed.wait(position, seconds=30)
    settled = look(token)
    assert early["strategy"] == settled["strategy"] != "popular"
    assert places_of(early) == places_of(settled)
    for rating in shop.repositories.ratings.of_user(user):
        shop.repositories.ratings.remove(user, rating.item_id)
    shop.runtime.feed.wait(shop.repositories.ratings.put_many(before), seconds=30)


def places_of(answer):
    """Return what the order of summing does not bear on."""
    places = answer["recommendation"]
    return [(p["item_id"], p["score"], p["reasons"].get("because")) for p in places]


def test_another_shoppers_read_is_as_memory_has_it(market):
    known = market.recommend("bob", n=100)
    with late(market):
        position = market.repositories.ratings.put(Rating("ann", ITEMS[11], 2.0))
        token = market.services.freshness.token(position)
        headers = market.storefront | {"X-Freshness": token}
        answer = done(market.client.get("/recommend?user_id=bob&n=100", headers=headers))
    assert answer["fresh"] is True
    assert answer["recommendation"] == known["recommendation"]


def test_a_write_that_changes_nothing_has_no_place(shop):
    rating = Rating("bob", shop.item(), 4.0)
    assert shop.repositories.ratings.put(rating) is not None
    assert shop.repositories.ratings.put(rating) is None


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
