"""Lists for many shoppers at once."""

import json

import pytest

from app.domain.accounts import Role
from app.domain.errors import StoreUnavailable
from tests.builders import failed, ids_of, new_id

ADDRESS = "/recommend/batch"


def lines(response):
    assert response.status_code == 200, response.get_data()
    assert response.mimetype == "application/x-ndjson"
    text = response.get_data(as_text=True)
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def ask(shop, user_ids, **options):
    body = {"user_ids": user_ids, **options}
    return shop.client.post(ADDRESS, json=body, headers=shop.storefront)


@pytest.fixture(scope="module")
def market(shop):
    items = [shop.item(new_id("thing"), category=f"c{n % 3}") for n in range(12)]
    for n, user in enumerate(("ann", "bob", "cid", "dan")):
        for step, item in enumerate(items[n : n + 5]):
            shop.rate(user, item, 1 + (n + step) % 5)
    return shop


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n": 3, "offset": 2, "strategy": "user", "k": 2, "similarity": "jaccard"},
        {"n": 100, "w_user": 0.2, "explain": True, "min_score": 0.1, "min_similarity": 0.01},
        {"strategy": "popular"},
    ],
)
def test_every_line_is_what_recommend_answers_in_the_order_asked(market, options):
    users = ["dan", "nobody yet", "ann", "cid", "bob"]
    got = lines(ask(market, users, **options))
    assert [line["user_id"] for line in got] == users
    for line in got:
        query = {name: int(v) if v is True else v for name, v in options.items()}
        expected = market.recommend(line["user_id"], **query)
        assert line.pop("recommendation_id") != expected.pop("recommendation_id")
        del expected["next_cursor"]  # a mailing has no next page
        assert {"status": "success", "fresh": True, "shelf": "for_you"} | line == expected


def test_an_unknown_shopper_sees_what_is_popular(market):
    unknown, known = lines(ask(market, ["nobody", "ann"], n=100))
    assert unknown["strategy"] == "popular"
    assert ids_of(unknown)
    assert known["strategy"] == "hybrid"


def test_a_thousand_at_once_each_with_an_id_of_its_own(market):
    got = lines(ask(market, [f"user {n}" for n in range(1000)], n=1))
    assert [line["user_id"] for line in got] == [f"user {n}" for n in range(1000)]
    assert len({line["recommendation_id"] for line in got}) == 1000


@pytest.mark.parametrize("error", [StoreUnavailable(), ZeroDivisionError()])
def test_what_goes_wrong_for_one_stops_nobody_else(market, monkeypatch, error):
    recommendations = type(market.services.recommendations)
    right = recommendations.shelf

    def shelf(self, name, query, settings=None):
        if query.subject == "bob":
            raise error
        return right(self, name, query, settings)

    monkeypatch.setattr(recommendations, "shelf", shelf)
    before, wrong, after = lines(ask(market, ["ann", "bob", "cid"]))
    assert ids_of(before)
    assert ids_of(after)
    assert wrong.keys() == {"user_id", "status", "code", "message"}
    code = "store_unavailable" if isinstance(error, StoreUnavailable) else "internal_error"
    assert (wrong["user_id"], wrong["status"], wrong["code"]) == ("bob", "failure", code)
    assert "ZeroDivision" not in wrong["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_ids": []},
        {"user_ids": "ann"},
        {"user_ids": ["ann", "ann"]},
        {"user_ids": ["ann", 7]},
        {"user_ids": ["a\nb"]},
        {"user_ids": [f"user {n}" for n in range(1001)]},
        {"user_ids": ["ann"], "n": 0},
        {"user_ids": ["ann"], "n": "3"},
        {"user_ids": ["ann"], "user_id": "ann"},
        {"user_ids": ["ann"], "strategy": "magic"},
        {"user_ids": ["ann"], "w_user": 0, "w_item": 0},
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(shop, body):
    response = shop.client.post(ADDRESS, json=body, headers=shop.storefront)
    failed(response, 422, "invalid_input")


def test_what_cannot_be_parsed_is_refused(shop):
    headers = shop.storefront | {"Content-Type": "application/json"}
    failed(shop.client.post(ADDRESS, data="{", headers=headers), 400, "unparsable")
    failed(shop.client.post(ADDRESS, headers=shop.storefront), 415)


def test_the_longest_ids_fit(shop):
    users = [f"{n:0>4}" + "🍵" * 124 for n in range(1000)]
    got = lines(ask(shop, users, n=1))  # each character is twelve bytes in this client's JSON
    assert [line["user_id"] for line in got] == users


def test_only_the_shops_server_may_ask(shop):
    body = {"user_ids": ["ann"]}
    _, shopper = shop.shopper()
    for headers in (shopper, shop.key(Role.BROWSER), shop.admin):
        failed(shop.client.post(ADDRESS, json=body, headers=headers), 403, "not_allowed")
    failed(shop.client.post(ADDRESS, json=body), 401, "not_authenticated")
