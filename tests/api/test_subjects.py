"""For whom a shelf is: a shopper, an anonymous session, or nobody."""

import pytest

from app.domain.accounts import Role
from tests.builders import BAD_IDS, done, failed, ids_of, new_id

SESSION = "a-random-session-id"
SHELVES = ["/recommend", "/popular", "/items/tea/similar"]


@pytest.fixture(scope="module", autouse=True)
def items(shop):
    shop.put_items(
        *[{"item_id": item, "title": item, "category": "Drinks"} for item in ("tea", "cup", "pot")]
    )


def ask(shop, address, headers, **query):
    return shop.client.get(address, query_string=query, headers=headers)


@pytest.mark.parametrize("address", SHELVES)
@pytest.mark.parametrize("role", [Role.STOREFRONT, Role.BROWSER])
def test_a_key_asks_for_a_session(shop, address, role):
    answer = done(ask(shop, address, shop.key(role), session_id=SESSION))
    assert answer["session_id"] == SESSION
    assert "user_id" not in answer
    assert ids_of(answer)


@pytest.mark.parametrize("address", SHELVES)
def test_a_storefront_asks_for_a_shopper(shop, address):
    answer = done(ask(shop, address, shop.storefront, user_id="ann"))
    assert answer["user_id"] == "ann"
    assert "session_id" not in answer


@pytest.mark.parametrize("address", SHELVES)
def test_a_token_asks_for_its_shopper(shop, address):
    user, headers = shop.shopper()
    for query in ({}, {"user_id": user}, {"user_id": "me"}):
        assert done(ask(shop, address, headers, **query))["user_id"] == user
    for query in ({"session_id": SESSION}, {"session_id": SESSION, "user_id": user}):
        failed(ask(shop, address, headers, **query), 403, "not_allowed")
    failed(ask(shop, address, headers, user_id="somebody else"), 403, "not_allowed")


@pytest.mark.parametrize("address", SHELVES)
def test_both_at_once_are_refused(shop, address):
    both = {"user_id": "ann", "session_id": SESSION}
    failed(ask(shop, address, shop.storefront, **both), 422, "invalid_input")


def test_somebody_must_be_named_for_a_personal_list(shop):
    answer = failed(ask(shop, "/recommend", shop.storefront), 422, "invalid_input")
    assert "user_id" in answer["detail"]
    answer = failed(ask(shop, "/recommend", shop.key(Role.BROWSER)), 422, "invalid_input")
    assert "session_id" in answer["detail"]


@pytest.mark.parametrize("address", SHELVES[1:])
def test_nobody_need_be_named_for_the_others(shop, address):
    answer = done(ask(shop, address, shop.key(Role.BROWSER)))
    assert not {"user_id", "session_id"} & answer.keys()


@pytest.mark.parametrize("address", SHELVES)
def test_a_browser_key_names_no_shopper(shop, address):
    for query in ({"user_id": "ann"}, {"user_id": "ann", "session_id": SESSION}):
        answer = ask(shop, address, shop.key(Role.BROWSER), **query)
        assert answer.status_code in (403, 422)
        assert "recommendation" not in answer.get_json()
    failed(ask(shop, address, shop.key(Role.BROWSER), user_id="ann"), 403, "not_allowed")


@pytest.mark.parametrize("address", SHELVES)
@pytest.mark.parametrize("session_id", ["", "7-chars", *BAD_IDS])
def test_a_session_id_can_not_be_guessed(shop, address, session_id):
    answer = ask(shop, address, shop.storefront, session_id=session_id)
    failed(answer, 422, "invalid_input")


def test_a_session_of_a_shoppers_name_is_somebody_else(shop):
    user = new_id("user-of-a-long-name")
    shop.rate(user, "tea", 5)
    mine = done(ask(shop, "/recommend", shop.storefront, user_id=user))
    other = done(ask(shop, "/recommend", shop.key(Role.BROWSER), session_id=user))
    assert "tea" not in ids_of(mine)
    assert "tea" in ids_of(other)
    assert other["strategy"] == "popular"


@pytest.mark.parametrize("address", SHELVES)
def test_every_shelf_answers_in_one_shape(shop, address):
    answer = done(ask(shop, address, shop.storefront, user_id="ann", n=1, explain=1))
    assert list(answer) == [
        "status",
        "user_id",
        "fresh",
        "shelf",
        "recommendation_id",
        "strategy",
        "recommendation",
        "next_cursor",
    ]
    assert answer["fresh"] is True
    assert answer["shelf"] in ("for_you", "popular", "similar")
    (place,) = answer["recommendation"]
    assert place.keys() == {
        "item_id",
        "score",
        "title",
        "category",
        "brand",
        "price",
        "image_url",
        "reasons",
    }
    assert place["reasons"]["text"].keys() == {"en", "zh"}


def test_a_sentence_says_why(shop):
    user = new_id("user")
    shop.put_items(
        {"item_id": "sencha", "title": "Sencha", "category": "Drinks|Tea", "brand": "Uji"},
        {"item_id": "assam", "title": "Assam", "category": "Drinks|Tea", "brand": "Uji"},
    )
    shop.rate(user, "sencha", 5)
    liked = shop.recommend(user, strategy="item", n=1, explain=1)["recommendation"][0]
    assert liked["item_id"] == "assam"
    assert liked["reasons"]["text"]["en"] == "Because you rated Sencha"
    query = {"n": 1, "explain": 1}
    near = done(ask(shop, "/items/sencha/similar", shop.storefront, **query))
    assert near["recommendation"][0]["reasons"]["text"]["zh"] == "与“Sencha”相似"
    popular = done(ask(shop, "/popular", shop.storefront, **query))["recommendation"][0]
    assert popular["reasons"]["text"]["en"] == "Popular"
