"""Paging by cursors over HTTP, while everything changes."""

import random

import pytest

from app.domain.accounts import Role
from app.factory import create_app
from tests.builders import RunningShop, done, failed, ids_of, new_id

SESSION = "a-random-session-id"


@pytest.fixture(scope="module")
def market(shop):
    draw = random.Random(3)
    items = [f"item {n:02}" for n in range(50)]
    shop.put_items(*[{"item_id": item, "category": draw.choice("abc")} for item in items])
    for user in ("ann", "bob", "cid", "dan"):
        for item in draw.sample(items, 8):
            shop.rate(user, item, draw.randint(1, 5))
    return shop


@pytest.fixture
def other_worker(market):
    """Give a second process's worth of services on the same database."""
    app = create_app(market.app.extensions["shelfwise"].settings)
    running = app.extensions["shelfwise"]
    try:
        running.start()
        yield RunningShop(app, app.test_client(use_cookies=False), market.keys)
    finally:
        running.close()


ASKED = [
    ("/recommend", {"user_id": "ann"}),
    ("/recommend", {"user_id": "ann", "strategy": "user", "k": 2}),
    ("/recommend", {"session_id": SESSION}),
    ("/popular", {}),
    ("/popular", {"user_id": "bob"}),
    ("/items/item%2000/similar", {}),
]


def ask(shop, address, headers=None, **query):
    return shop.client.get(address, query_string=query, headers=headers or shop.storefront)


@pytest.mark.slow
@pytest.mark.parametrize(("address", "query"), ASKED)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_stands_twice_whatever_changes_and_whoever_answers(
    market, other_worker, address, query, seed
):
    draw = random.Random(seed)
    workers = [market, other_worker]
    walked, cursor, new = [], None, []
    for _ in range(12):
        more = {"cursor": cursor} if cursor else {}
        worker, n = draw.choice(workers), draw.randint(1, 9)
        answer = done(ask(worker, address, n=n, **query, **more))
        shown = ids_of(answer)
        assert len(shown) == n or answer["next_cursor"] is None
        walked += shown
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        item = new_id(f"new {seed}")
        market.put_items({"item_id": item, "category": "a"})
        new.append(item)
        for user in ("eve", "fay"):
            market.rate(user, draw.choice(walked + new), draw.randint(1, 5))
        market.rate("bob", item, 5)
    assert len(set(walked)) == len(walked)
    assert len(walked) > 20


def test_it_is_of_this_shelf_and_this_subject(market):
    first = done(ask(market, "/recommend", user_id="ann", n=2))
    cursor = first["next_cursor"]
    done(ask(market, "/recommend", user_id="ann", n=7, cursor=cursor))
    for address, query in (
        ("/popular", {"user_id": "ann"}),
        ("/recommend", {"user_id": "bob"}),
        ("/recommend", {"session_id": SESSION}),
    ):
        answer = failed(ask(market, address, cursor=cursor, **query), 422, "invalid_cursor")
        assert "cursor" in answer["detail"]
    browser = market.key(Role.BROWSER)
    answer = ask(market, "/recommend", browser, session_id=SESSION, cursor=cursor)
    failed(answer, 422, "invalid_cursor")
    near = done(ask(market, "/items/item%2000/similar", n=2))["next_cursor"]
    failed(ask(market, "/items/item%2001/similar", cursor=near), 422, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["", "x", "e30", "绿茶", "A" * 4000])
def test_garbage_is_refused(market, cursor):
    failed(ask(market, "/popular", cursor=cursor), 422, "invalid_cursor")


def test_it_says_already_where_the_page_begins(market):
    cursor = done(ask(market, "/popular", n=2))["next_cursor"]
    for offset in (0, 2):
        answer = failed(ask(market, "/popular", cursor=cursor, offset=offset), 422)
        assert "offset" in answer["detail"]


def test_the_last_page_has_none(market):
    assert done(ask(market, "/recommend", user_id="ann", min_score=5))["next_cursor"] is None
    whole = done(ask(market, "/popular", n=100))
    assert len(ids_of(whole)) < 100 or whole["next_cursor"]
