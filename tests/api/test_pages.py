"""Several shelves in one call."""

import pytest

from app.domain.accounts import Role
from tests.builders import done, failed, ids_of, new_id

ADDRESS = "/recommend/page"
SESSION = "a-random-session-id"


@pytest.fixture(scope="module")
def market(shop):
    items = [f"item {n:02}" for n in range(30)]
    shop.put_items(*[{"item_id": item, "title": item, "category": "Tea"} for item in items])
    for n, user in enumerate(("ann", "bob", "cid", "dan")):
        for step, item in enumerate(items[n : n + 6]):
            shop.rate(user, item, 1 + (n + step) % 5)
    return shop


def post(shop, shelves, headers=None, **more):
    body = {"shelves": shelves, **more}
    return shop.client.post(ADDRESS, json=body, headers=headers or shop.storefront)


THREE = [
    {"shelf": "for_you", "name": "top row", "n": 5},
    {"shelf": "similar", "item_id": "item 00", "n": 4},
    {"shelf": "popular", "n": 6},
]


def test_shelves_stand_in_their_order_are_full_and_share_nothing(market):
    answer = done(post(market, THREE, user_id="ann"))
    assert answer.keys() == {"status", "user_id", "fresh", "shelves"}
    assert (answer["user_id"], answer["fresh"]) == ("ann", True)
    shelves = answer["shelves"]
    assert [shelf["name"] for shelf in shelves] == ["top row", "similar", "popular"]
    assert [shelf["shelf"] for shelf in shelves] == ["for_you", "similar", "popular"]
    assert [len(ids_of(shelf)) for shelf in shelves] == [5, 4, 6]
    assert len({shelf["recommendation_id"] for shelf in shelves}) == 3
    shown = [item for shelf in shelves for item in ids_of(shelf)]
    assert len(set(shown)) == len(shown)
    for shelf in shelves:
        assert shelf.keys() == {
            "name",
            "shelf",
            "strategy",
            "recommendation_id",
            "recommendation",
            "next_cursor",
        }


def test_the_first_shelf_is_as_it_is_alone_and_the_next_leave_its_items_out(market):
    first, _, third = done(post(market, THREE, user_id="ann"))["shelves"]
    assert first["recommendation"] == market.recommend("ann", n=5)["recommendation"]
    query = {"user_id": "ann", "n": 100}
    alone = done(market.client.get("/popular", query_string=query, headers=market.storefront))
    scores = [place["score"] for place in third["recommendation"]]
    assert scores == sorted(scores, reverse=True)
    score_of = {place["item_id"]: place["score"] for place in alone["recommendation"]}
    assert all(score_of[p["item_id"]] == p["score"] for p in third["recommendation"])


def test_two_shelves_of_one_kind_need_names(market):
    twice = [{"shelf": "popular", "n": 3}, {"shelf": "popular", "n": 3}]
    failed(post(market, twice), 422, "invalid_input")
    named = [twice[0], {**twice[1], "name": "more"}]
    one, two = done(post(market, named))["shelves"]
    query = {"n": 6}
    whole = done(market.client.get("/popular", query_string=query, headers=market.storefront))
    assert ids_of(one) + ids_of(two) == ids_of(whole)


def test_what_one_shelf_cannot_do_is_said_in_its_place(market):
    gone = new_id("gone")
    shelves = [
        {"shelf": "popular", "n": 2},
        {"shelf": "similar", "item_id": gone, "name": "unknown"},
        {"shelf": "similar", "name": "about nothing"},
        {"shelf": "popular", "item_id": "item 00", "name": "about too much"},
        {"shelf": "for_you", "n": 2},
    ]
    first, *wrong, last = done(post(market, shelves, user_id="ann"))["shelves"]
    assert len(ids_of(first)) == len(ids_of(last)) == 2
    assert [shelf["code"] for shelf in wrong] == ["unknown_item", "invalid_input", "invalid_input"]
    for shelf in wrong:
        assert shelf.keys() == {"name", "shelf", "status", "code", "message"}
        assert shelf["status"] == "failure"


def test_a_bug_in_one_shelf_stops_no_other(market, monkeypatch):
    recommendations = type(market.services.recommendations)
    right = recommendations.shelf

    def shelf(self, name, query):
        return 1 // 0 if name == "similar" else right(self, name, query)

    monkeypatch.setattr(recommendations, "shelf", shelf)
    one, two, three = done(post(market, THREE, user_id="ann"))["shelves"]
    assert two["code"] == "internal_error"
    assert "ZeroDivision" not in two["message"]
    assert ids_of(one)
    assert ids_of(three)


def test_cursors_repeat_nothing_of_the_whole_page(market):
    shelves = done(post(market, THREE, user_id="ann"))["shelves"]
    shown = {item for shelf in shelves for item in ids_of(shelf)}
    addresses = {"for_you": "/recommend", "popular": "/popular"}
    for shelf in shelves:
        address = addresses.get(shelf["shelf"], "/items/item%2000/similar")
        cursor = shelf["next_cursor"]
        assert cursor
        query = {"user_id": "ann", "cursor": cursor, "n": 5}
        more = done(market.client.get(address, query_string=query, headers=market.storefront))
        assert ids_of(more)
        assert not set(ids_of(more)) & shown
        other = query | {"user_id": "bob"}
        answer = market.client.get(address, query_string=other, headers=market.storefront)
        failed(answer, 422, "invalid_cursor")


def test_reasons_are_given_when_asked_for(market):
    for explain in (1, True):
        for shelf in done(post(market, THREE, user_id="ann", explain=explain))["shelves"]:
            assert all(place["reasons"]["text"]["en"] for place in shelf["recommendation"])
    for more in ({}, {"explain": 0}, {"explain": False}):
        for shelf in done(post(market, THREE, user_id="ann", **more))["shelves"]:
            assert all("reasons" not in place for place in shelf["recommendation"])


def test_for_whom(market):
    _, headers = market.shopper("a shopper")
    assert done(post(market, THREE, headers))["user_id"] == "a shopper"
    for role in (Role.STOREFRONT, Role.BROWSER):
        answer = done(post(market, THREE, market.key(role), session_id=SESSION))
        assert answer["session_id"] == SESSION
    nobodys = done(post(market, THREE, market.key(Role.BROWSER)))
    assert not {"user_id", "session_id"} & nobodys.keys()
    failed(post(market, THREE, market.key(Role.BROWSER), user_id="ann"), 403, "not_allowed")
    failed(post(market, THREE, headers, session_id=SESSION), 403, "not_allowed")
    both = {"user_id": "ann", "session_id": SESSION}
    failed(post(market, THREE, **both), 422, "invalid_input")


def test_an_unknown_shelf_is_refused_with_the_names_of_those_there_are(market):
    body = [{"shelf": "popular"}, {"shelf": "magic"}]
    answer = failed(post(market, body), 422, "invalid_input")
    (words,) = answer["detail"]["shelves.1.shelf"]
    assert all(name in words for name in market.services.recommendations.names)


@pytest.mark.parametrize(
    "shelves",
    [
        [],
        "popular",
        [{}],
        [{"shelf": 7}],
        [{"shelf": "popular", "n": 0}],
        [{"shelf": "popular", "n": 101}],
        [{"shelf": "popular", "n": "3"}],
        [{"shelf": "popular", "offset": 3}],
        [{"shelf": "popular", "user_id": "ann"}],
        [{"shelf": "popular", "name": ""}],
        [{"shelf": "popular", "window": "year"}],
        [{"shelf": "popular", "items": ["a\nb"]}],
        [{"shelf": "popular", "name": str(n)} for n in range(21)],
    ],
)
def test_what_is_wrong_is_refused(shop, shelves):
    failed(post(shop, shelves), 422, "invalid_input")


@pytest.mark.parametrize("explain", [2, "1", None, []])
def test_explaining_is_yes_or_no(shop, explain):
    failed(post(shop, [{"shelf": "popular"}], explain=explain), 422, "invalid_input")


def test_the_longest_carts_fit(shop):
    cart = [f"{n:0>4}" + "茶" * 124 for n in range(100)]
    shelves = [{"shelf": "popular", "name": str(n), "items": cart} for n in range(6)]
    for shelf in done(post(shop, shelves))["shelves"]:
        assert shelf["code"] == "invalid_input"  # this shelf is not about a cart


def test_twenty_shelves_are_not_too_many(market):
    shelves = [{"shelf": "popular", "name": str(n), "n": 1} for n in range(20)]
    filled = done(post(market, shelves))["shelves"]
    assert len({item for shelf in filled for item in ids_of(shelf)}) == 20
