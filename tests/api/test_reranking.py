"""Variants, limits and diversity from HTTP to the list."""

import pytest

from app.domain.settings import SETTINGS
from tests.builders import done, failed, ids_of

LIMITS = {"max_per_brand": 100, "max_per_category": 100, "limit_places": 1000, "diversity": 1}
WRONG = [
    ("diversity", 1.5, "less than or equal to 1"),
    ("diversity", -0.1, "greater than or equal to 0"),
    ("max_per_brand", -1, "greater than or equal to 0"),
    ("max_per_brand", 101, "less than or equal to 100"),
    ("max_per_category", -1, "greater than or equal to 0"),
    ("limit_places", 0, "greater than or equal to 1"),
    ("limit_places", 1001, "less than or equal to 1000"),
]


@pytest.fixture
def shirts(make_shop):
    """A shop whose most popular items are two shirts in three sizes, of one brand."""
    shop = make_shop()
    sizes = [
        {"item_id": f"{shirt} {size}", "group_id": shirt, "brand": "Leafy", "category": "Shirts"}
        for shirt in ("blue", "red")
        for size in "lms"
    ]
    shop.put_items(*sizes, {"item_id": "sock", "brand": "Wool", "category": "Socks"})
    for item in sizes:
        shop.rate("ann", item["item_id"], 5)
    shop.rate("ann", "sock", 4)
    return shop


def popular(shop, **query):
    answer = done(shop.client.get("/popular", query_string=query, headers=shop.storefront))
    return ids_of(answer)


def change(shop, **settings):
    done(shop.client.patch("/settings", json=settings, headers=shop.admin))


def test_one_variant_in_stock_stands_for_its_product(shirts):
    assert popular(shirts) == ["blue l", "red l", "sock"]
    done(shirts.client.patch("/items/blue%20l", json={"in_stock": False}, headers=shirts.admin))
    assert popular(shirts) == ["blue m", "red l", "sock"]
    done(shirts.client.patch("/items/blue%20s", json={"group_id": None}, headers=shirts.admin))
    assert popular(shirts) == ["blue m", "blue s", "red l", "sock"]


def test_a_cursor_leads_to_no_other_variant(shirts):
    first = done(shirts.client.get("/popular?n=1", headers=shirts.storefront))
    query = {"n": 5, "cursor": first["next_cursor"]}
    assert popular(shirts, **query) == ["red l", "sock"]


def test_a_product_is_not_shown_beside_itself_in_another_size(shirts):
    for address in ("/items/blue%20l/similar", "/items/blue%20l/bought-together"):
        shown = done(shirts.client.get(address, headers=shirts.storefront))["recommendation"]
        assert not {"blue m", "blue s"} & {place["item_id"] for place in shown}, address


def test_what_other_lists_of_a_page_show_takes_no_place_of_a_list_that_goes_on(make_shop):
    shop = make_shop()
    brands = "xxyyzzxyz"
    items = [{"item_id": f"{n} {brand}", "brand": brand} for n, brand in enumerate(brands)]
    shop.put_items(*items)
    for rank, item in enumerate(items):
        for user in range(len(items) - rank):
            shop.rate(f"user {user}", item["item_id"], 5)
    change(shop, max_per_brand=1, limit_places=3)
    alone = popular(shop, n=6)
    assert alone == ["0 x", "2 y", "4 z", "1 x", "3 y", "5 z"]
    page = {"shelves": [{"shelf": "popular", "n": 1}, {"shelf": "new", "n": 3}]}
    answer = done(shop.client.post("/recommend/page", json=page, headers=shop.storefront))
    first, other = answer["shelves"]
    more = popular(shop, n=2, cursor=first["next_cursor"])
    assert not {*ids_of(first), *ids_of(other)} & set(more)
    shown = [item.partition(" ")[2] for item in [*ids_of(first), *more]]
    assert len(set(shown)) == 3, "one of a brand in the first three places of its own list"


def test_limits_are_the_shops_or_the_questions(shirts):
    change(shirts, max_per_brand=1)
    assert popular(shirts) == ["blue l", "sock"]
    assert popular(shirts, limit_places=1) == ["blue l", "red l", "sock"]
    assert popular(shirts, limit_places=2) == ["blue l", "sock", "red l"]
    assert popular(shirts, max_per_brand=0) == ["blue l", "red l", "sock"]
    change(shirts, max_per_brand=0)
    assert popular(shirts, max_per_category=1) == ["blue l", "sock"]


def test_diversity_is_the_shops_or_the_questions(shirts):
    change(shirts, diversity=1)
    assert popular(shirts) == ["blue l", "sock", "red l"]
    assert popular(shirts, diversity=0) == ["blue l", "red l", "sock"]


def test_all_that_is_allowed_is_taken(shirts):
    change(shirts, **LIMITS)
    shown = done(shirts.client.get("/settings", headers=shirts.admin))["settings"]
    assert {name: shown[name] for name in LIMITS} == LIMITS
    for address in ("/popular", "/new", "/trending", "/items/sock/similar"):
        done(shirts.client.get(address, query_string=LIMITS, headers=shirts.storefront))
    body = {"items": ["sock"], "user_id": "bob", **LIMITS}
    done(shirts.client.post("/cart/recommend", json=body, headers=shirts.storefront))
    shirts.recommend("bob", **LIMITS)


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG)
def test_out_of_range_is_told_by_name_and_nothing_is_stored(shirts, name, value, allowed):
    former = shirts.stored()
    sent = [
        (
            shirts.client.patch("/settings", json={name: value}, headers=shirts.admin),
            SETTINGS[name].allowed,
        ),
        (
            shirts.client.get("/popular", query_string={name: value}, headers=shirts.storefront),
            allowed,
        ),
    ]
    for response, words in sent:
        detail = failed(response, 422, "invalid_input")["detail"]
        assert detail.keys() == {name}
        assert words in str(detail[name])
    assert shirts.stored() == former


def test_a_group_is_named_by_an_id(shirts):
    former = shirts.stored()
    body = {"item_id": "new", "group_id": "x" * 200}
    detail = failed(shirts.client.post("/items", json=body, headers=shirts.admin), 422)["detail"]
    assert "128" in str(detail["group_id"])
    assert shirts.stored() == former


@pytest.mark.parametrize("address", ["/recently-viewed", "/buy-again"])
def test_what_somebody_did_is_not_chosen(shirts, address):
    query = {"user_id": "ann", "diversity": 0.5}
    answer = failed(shirts.client.get(address, query_string=query, headers=shirts.storefront), 422)
    assert answer["detail"].keys() == {"diversity"}


def test_what_only_fills_up_says_so(shirts):
    shirts.rate("bob", "blue l", 5)
    answer = shirts.recommend("bob", strategy="item")
    assert answer["strategy"] == "item"
    places = answer["recommendation"]
    assert [(p["item_id"], p.get("fallback"), p.get("strategy")) for p in places] == [
        ("blue m", None, None),
        ("red l", None, None),
        ("sock", True, "popular"),
    ]
