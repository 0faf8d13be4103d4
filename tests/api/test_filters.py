"""Filters over HTTP: how they are said, what they keep, and what is refused."""

import pytest

from tests.builders import done, failed, ids_of, open_shop

ITEMS = {
    "green": {"category": "Drinks|Tea", "brand": "Uji", "price": 8, "tags": ["leaf", "new"]},
    "black": {"category": "Drinks|Tea", "brand": "Assam, & Co", "price": 5, "tags": ["leaf"]},
    "cola": {"category": "Drinks|Soda", "brand": "Fizz", "price": 2, "in_stock": False},
    "cup": {"category": "Kitchen", "attributes": {"size": "XL", "hot": True, "ml:max": 500}},
    "mug": {"category": "Kitchen", "attributes": {"size": "L", "hot": "true", "ml:max": 0.5}},
    "rest": {},
}
EVERY = set(ITEMS)


@pytest.fixture(scope="module")
def market(mongo_uri, tmp_path_factory):
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        shop.put_items(*[{"item_id": item, **columns} for item, columns in ITEMS.items()])
        for item, rating in (("green", 5), ("cola", 4), ("cup", 3)):
            shop.rate("ann", item, rating)
            shop.rate("bob", item, rating)
        yield shop


SAID = [
    ("in_stock=1", EVERY - {"cola"}),
    ("in_stock=true", EVERY - {"cola"}),
    ("in_stock=0", EVERY),
    ("category=Drinks", {"green", "black", "cola"}),
    ("category=Drinks|Tea", {"green", "black"}),
    ("category=Drin", set()),
    ("category=Drinks|Soda&category=Kitchen", {"cola", "cup", "mug"}),
    ("category=Drinks&category_all=Drinks|Tea", {"green", "black"}),
    ("category_all=Drinks&category_all=Kitchen", set()),
    ("brand=Assam%2C+%26+Co", {"black"}),
    ("brand=Uji&brand=Fizz", {"green", "cola"}),
    ("brand=uji", set()),
    ("price_from=5", {"green", "black"}),
    ("price_to=5", {"black", "cola"}),
    ("price_from=5&price_to=5.0", {"black"}),
    ("price_from=0", {"green", "black", "cola"}),
    ("tag=leaf", {"green", "black"}),
    ("tag=leaf&tag=new", {"green"}),
    ("attribute=size:XL", {"cup"}),
    ("attribute=size:XL&attribute=size:L", {"cup", "mug"}),
    ("attribute=size:XL&attribute=hot:true", {"cup"}),
    ("attribute=hot:true", {"cup", "mug"}),
    ("attribute=ml:max", set()),
    ("exclude=cup&exclude=mug&exclude=unknown", EVERY - {"cup", "mug"}),
    ("category=Drinks&in_stock=1&price_to=7&exclude=green", {"black"}),
    ("exclude_bought_days=0&exclude_cart=0", EVERY),
]


@pytest.mark.parametrize(("query", "expected"), SAID)
def test_what_is_said_in_an_address(market, query, expected):
    address = f"/popular?n=100&{query}"
    for _ in range(2):  # the second is answered by what was read before
        answer = done(market.client.get(address, headers=market.storefront))
        assert set(ids_of(answer)) == expected
    everything = ids_of(done(market.client.get("/popular?n=100", headers=market.storefront)))
    assert ids_of(answer) == [item for item in everything if item in expected]


@pytest.mark.parametrize(("query", "expected"), SAID)
def test_a_shopper_and_one_item_have_the_same_filters(market, query, expected):
    address = f"/recommend?user_id=ann&n=100&{query}"
    answer = done(market.client.get(address, headers=market.storefront))
    assert set(ids_of(answer)) == expected - {"green", "cola", "cup"}
    address = "/items/green/similar?n=100"
    alike = ids_of(done(market.client.get(address, headers=market.storefront)))
    answer = done(market.client.get(f"{address}&{query}", headers=market.storefront))
    assert ids_of(answer) == [item for item in alike if item in expected]


BODIES = [
    ({"in_stock": True, "category": ["Drinks"]}, {"green", "black"}),
    ({"category": "Drinks|Tea"}, {"green", "black"}),
    ({"category": ["Drinks|Soda", "Kitchen"], "exclude": ["cup"]}, {"cola", "mug"}),
    ({"attributes": {"size": "XL"}}, {"cup"}),
    ({"attributes": {"size": ["XL", "L"], "hot": True}}, {"cup", "mug"}),
    ({"attributes": {"ml:max": 500}}, {"cup"}),
    ({"attributes": {"ml:max": [0.5, 500.0]}}, {"cup", "mug"}),
    ({"attribute": ["size:XL"], "attributes": {"size": "L"}}, {"cup", "mug"}),
    ({"exclude": [f"unknown {n}" for n in range(999)] + ["cup"]}, EVERY - {"cup"}),
    ({"tag": "new", "price_from": 1}, {"green"}),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_what_is_said_in_a_body(market, body, expected):
    asked = {"user_ids": ["new", "ann"], "n": 100} | body
    response = market.client.post("/recommend/batch", json=asked, headers=market.storefront)
    lines = response.get_data(as_text=True).splitlines()
    new, ann = (set(ids_of(market.app.json.loads(line))) for line in lines)
    assert (new, ann) == (expected, expected - {"green", "cola", "cup"})
    asked = {"shelves": [{"shelf": "popular", "n": 100} | body]}
    response = market.client.post("/recommend/page", json=asked, headers=market.storefront)
    assert set(ids_of(done(response)["shelves"][0])) == expected


def test_a_pages_filters_hold_where_a_shelf_says_nothing_else(market):
    shelves = [
        {"shelf": "popular", "name": "tea", "category": "Drinks|Tea", "in_stock": False},
        {"shelf": "popular", "name": "rest"},
    ]
    asked = {"shelves": shelves, "category": "Drinks", "in_stock": True, "exclude": "green"}
    response = market.client.post("/recommend/page", json=asked, headers=market.storefront)
    tea, rest = (ids_of(shelf) for shelf in done(response)["shelves"])
    assert (tea, rest) == (["black"], [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("price_from=5&price_to=4", "price_from"),
        ("price_from=x", "price_from"),
        ("price_to=-1", "price_to"),
        ("price_from=1&price_from=2", "price_from"),
        ("in_stock=2", "in_stock"),
        ("in_stock=1&in_stock=1", "in_stock"),
        ("category=", "category.0"),
        ("brand=x&brand=", "brand.1"),
        ("tag=" + "x" * 101, "tag.0"),
        ("attribute=size", "attribute.0"),
        ("attribute=:XL", "attribute.0"),
        ("attribute=size:%00", "attribute.0"),
        ("exclude=a%00b", "exclude.0"),
        ("&".join(["exclude=x"] * 201), "exclude"),
        ("&".join(["brand=x"] * 51), "brand"),
        ("exclude_bought_days=-1", "exclude_bought_days"),
        ("exclude_cart=x", "exclude_cart"),
        ("attributes=x", "attributes"),
        ("exclude_seen_days=nan", "exclude_seen_days"),
    ],
)
def test_what_is_refused(market, query, field):
    for address in ("/popular", "/recommend?user_id=ann", "/items/cup/similar"):
        between = "&" if "?" in address else "?"
        response = market.client.get(f"{address}{between}{query}", headers=market.storefront)
        assert field in failed(response, 422)["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"price_from": 5, "price_to": 4}, "price_from"),
        ({"category": 5}, "category.0"),
        ({"category": {"0": "Drinks"}}, "category"),
        ({"attributes": {"size": []}}, "attributes.size"),
        ({"attributes": {"": "x"}}, "attributes"),
        ({"attributes": ["size:XL"]}, "attributes"),
        ({"exclude": [f"unknown {n}" for n in range(1001)]}, "exclude"),
        ({"in_stock": "1"}, "in_stock"),
    ],
)
def test_what_is_refused_in_a_body(market, body, field):
    asked = {"user_ids": ["ann"]} | body
    response = market.client.post("/recommend/batch", json=asked, headers=market.storefront)
    detail = failed(response, 422)["detail"]
    assert any(name.startswith(field) for name in detail), detail


def test_filters_count_at_once(make_shop):
    shop = make_shop()
    shop.put_items({"item_id": "a", "price": 5}, {"item_id": "b", "price": 9})

    def cheap():
        address = "/popular?price_to=6&in_stock=1"
        return ids_of(done(shop.client.get(address, headers=shop.storefront)))

    assert cheap() == ["a"]
    done(shop.client.patch("/items/b", json={"price": 6}, headers=shop.admin))
    assert cheap() == ["a", "b"]
    done(shop.client.patch("/items/a", json={"in_stock": False}, headers=shop.admin))
    assert cheap() == ["b"]
    done(shop.client.delete("/items/b", headers=shop.admin))
    assert cheap() == []
    shop.put_items({"item_id": "c", "price": 1})
    assert cheap() == ["c"]
    assert shop.drift() == []
