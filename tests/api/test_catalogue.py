"""Items over HTTP: create, bulk upsert, replace, change, list, delete."""

import pytest

from tests.builders import AWKWARD_IDS, BAD_IDS, done, failed, ids_of, new_id, segment

FULL = {
    "title": "Genmaicha",
    "category": "Drinks|Tea|Green",
    "brand": "Uji & Söhne",
    "price": 12.5,
    "tags": ["green", "roasted"],
    "description": "Tea with rice. 玄米茶",
    "image_url": "https://shop.example/a b.png",
    "in_stock": True,
    "group_id": "genmaicha 玄米茶",
    "features": None,
    "attributes": {"size": "XL", "organic": True, "grams": 500, "$ref": "x", "a.b": "", "名": "绿"},
    "vectors": {"text": [0.1, -0.25, 1e-30], "image-2": [1.0, 2.0]},
}
EMPTY = dict.fromkeys(FULL) | {"tags": [], "in_stock": True, "attributes": {}, "vectors": {}}


def columns_of(answer):
    return {name: answer["item"][name] for name in FULL}


def test_an_item_lives_its_life(shop):
    item, admin = new_id("item"), shop.admin
    address = f"/items/{item}"
    created = done(shop.client.post("/items", json={"item_id": item} | FULL, headers=admin), 201)
    assert columns_of(created) == FULL
    assert created["stored"] == 1
    assert created["item"]["created_at"] == created["item"]["updated_at"]
    read = done(shop.client.get(address, headers=shop.storefront))
    assert read["item"] == created["item"]
    failed(shop.client.post("/items", json={"item_id": item}, headers=admin), 409, "item_taken")

    changed = done(shop.client.patch(address, json={"price": 9}, headers=admin))
    assert columns_of(changed) == FULL | {"price": 9}
    assert changed["item"]["created_at"] == created["item"]["created_at"]

    put = done(shop.client.put(address, json={"title": "Sencha"}, headers=admin))
    assert columns_of(put) == EMPTY | {"title": "Sencha"}
    assert put["item"]["created_at"] == created["item"]["created_at"]

    gone = done(shop.client.delete(address, headers=admin))
    assert gone == {"status": "success", "item_id": item, "ratings_removed": 0}
    for method, body in [("GET", None), ("PATCH", {"price": 1}), ("DELETE", None)]:
        response = shop.client.open(address, method=method, json=body, headers=admin)
        failed(response, 404, "unknown_item")
    assert shop.database["items"].find_one({"_id": item}) is None


def test_put_makes_what_is_not_there(shop):
    item = new_id("item")
    body = {"item_id": item, "title": "new"}
    done(shop.client.put(f"/items/{item}", json=body, headers=shop.admin))
    answer = failed(shop.client.put("/items/other", json=body, headers=shop.admin), 422)
    assert "item_id" in answer["detail"]


@pytest.mark.parametrize("item", AWKWARD_IDS)
def test_every_allowed_id_on_every_route(shop, item):
    address, admin = f"/items/{segment(item)}", shop.admin
    done(shop.client.put(address, json={"title": "first", "brand": "b"}, headers=admin))
    failed(shop.client.post("/items", json={"item_id": item}, headers=admin), 409, "item_taken")
    many = [{"item_id": item, "title": "second", "brand": "b"}]
    assert done(shop.client.post("/items", json=many, headers=admin), 201)["stored"] == 1
    done(shop.client.patch(address, json={"price": 3}, headers=admin))
    read = done(shop.client.get(address, headers=admin))["item"]
    assert (read["item_id"], read["title"], read["price"]) == (item, "second", 3)
    other = shop.item(brand="b")
    assert other in ids_of(done(shop.client.get(f"{address}/similar?n=100", headers=admin)))
    shown = ids_of(done(shop.client.get("/popular?n=100", headers=admin)))
    assert item in shown
    assert done(shop.client.delete(address, headers=admin))["item_id"] == item
    done(shop.client.delete(f"/items/{other}", headers=admin))


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_is_no_id(shop, bad):
    admin, address = shop.admin, f"/items/{segment(bad)}"
    before = shop.stored()
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        failed(shop.client.open(address, method=method, json={}, headers=admin), 404, "not_found")
    failed(shop.client.get(f"{address}/similar", headers=admin), 404, "not_found")
    for body in ({"item_id": bad}, [{"item_id": "fine"}, {"item_id": bad}]):
        failed(shop.client.post("/items", json=body, headers=admin), 422, "invalid_input")
    assert shop.stored() == before


@pytest.mark.parametrize("escape", ["%ED%A0%80", "%FF", "%C3", "%00", "%0A", "%7F"])
def test_what_decodes_to_no_id(shop, escape):
    failed(shop.client.get(f"/items/{escape}", headers=shop.admin), 404, "not_found")


def test_null_empties_a_column(shop):
    item = shop.item(**FULL)
    nothing = dict.fromkeys(FULL)
    answer = done(shop.client.patch(f"/items/{item}", json=nothing, headers=shop.admin))
    assert columns_of(answer) == EMPTY


def test_an_empty_change_changes_nothing_else(shop):
    item = shop.item(**FULL)
    answer = done(shop.client.patch(f"/items/{item}", json={}, headers=shop.admin))
    assert columns_of(answer) == FULL


def test_a_list_is_checked_before_any_is_stored(shop):
    good, before = new_id("item"), shop.stored()
    body = [{"item_id": good}, {"item_id": new_id(), "price": -1}]
    answer = failed(shop.client.post("/items", json=body, headers=shop.admin), 422)
    assert list(answer["detail"]) == ["1.price"]
    assert shop.stored() == before


def test_a_list_replaces_whole_and_the_last_wins(shop):
    item = shop.item(title="old", price=5)
    made = shop.repositories.items.find(item).created_at
    body = [{"item_id": item, "title": "first"}, {"item_id": item, "title": "last"}]
    done(shop.client.post("/items", json=body, headers=shop.admin), 201)
    answer = done(shop.client.get(f"/items/{item}", headers=shop.admin))
    assert columns_of(answer) == EMPTY | {"title": "last"}
    assert shop.repositories.items.find(item).created_at == made


def test_a_list_holds_1_to_1000(shop):
    before = shop.stored()
    for many in ([], [{"item_id": f"n{n}"} for n in range(1001)]):
        failed(shop.client.post("/items", json=many, headers=shop.admin), 422, "invalid_input")
    assert shop.stored() == before


@pytest.mark.parametrize(
    "attributes",
    [
        {"": "x"},
        {"x" * 101: "x"},
        {"x": "x" * 101},
        {"a\0b": "x"},
        {"x": "a\0b"},
        {"x": 1e16},
        {"x": None},
        {"x": ["a"]},
        {"x": {}},
        {f"x{n}": n for n in range(51)},
        ["x"],
    ],
)
def test_what_are_no_attributes(shop, attributes):
    before = shop.stored()
    for body in (
        {"item_id": "x", "attributes": attributes},
        [{"item_id": "x"} | {"attributes": attributes}],
    ):
        failed(shop.client.post("/items", json=body, headers=shop.admin), 422, "invalid_input")
    assert shop.stored() == before


def test_the_most_attributes_that_there_may_be(shop):
    attributes = {f"{n:0100}": "绿" * 100 for n in range(50)}
    item = shop.item(attributes=attributes)
    answer = done(shop.client.get(f"/items/{item}", headers=shop.admin))
    assert answer["item"]["attributes"] == attributes


def test_the_next_request_shows_it(shop):
    for _ in range(10):
        item = new_id("fresh")
        done(shop.client.post("/items", json={"item_id": item}, headers=shop.admin), 201)
        assert item in ids_of(shop.recommend(new_id("user"), n=100))
        done(shop.client.delete(f"/items/{item}", headers=shop.admin))
        assert item not in ids_of(shop.recommend(new_id("user"), n=100))


def test_the_list_is_complete_and_in_order(make_shop):
    shop = make_shop()
    ids = [*AWKWARD_IDS, *[f"item {n}" for n in range(30)]]
    shop.put_items(*[{"item_id": id_} for id_ in ids])
    for limit in (1, 7, len(ids), 1000):
        found, cursor = [], None
        while True:
            query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = done(shop.client.get("/items", query_string=query, headers=shop.storefront))
            found += [item["item_id"] for item in page["items"]]
            assert len(page["items"]) <= limit
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == sorted(ids)


def test_an_empty_catalogue(make_shop):
    shop = make_shop()
    page = done(shop.client.get("/items", headers=shop.admin))
    assert page == {"status": "success", "items": [], "next_cursor": None}
    assert shop.recommend("ann")["recommendation"] == []


@pytest.mark.parametrize("cursor", ["!", "é", "/w==", "AAAAA"])
def test_a_cursor_comes_from_us(shop, cursor):
    query = {"cursor": cursor}
    response = shop.client.get("/items", query_string=query, headers=shop.admin)
    assert "cursor" in failed(response, 422, "invalid_input")["detail"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", ""])
def test_a_page_holds_1_to_1000(shop, limit):
    response = shop.client.get(f"/items?limit={limit}", headers=shop.admin)
    assert "limit" in failed(response, 422, "invalid_input")["detail"]


def test_own_vectors_have_one_length(make_shop):
    shop = make_shop()
    shop.item("a", features=[1, 0, 2])
    before = shop.stored()
    wrong = {"item_id": "b", "features": [1, 2]}
    for method, address, body in [
        ("POST", "/items", wrong),
        ("POST", "/items", [{"item_id": "c"}, wrong]),
        ("PUT", "/items/b", {"features": [1, 2]}),
        ("POST", "/items", [{"item_id": "d", "features": [1]}, wrong]),
    ]:
        response = shop.client.open(address, method=method, json=body, headers=shop.admin)
        assert "features" in failed(response, 422, "invalid_input")["detail"]
    assert shop.stored() == before
    shop.item("b", features=[0, 0, 1])
    done(shop.client.delete("/items/a", headers=shop.admin))
    done(shop.client.delete("/items/b", headers=shop.admin))
    shop.item("c", features=[1, 2])


def test_a_deleted_item_takes_its_ratings_along(make_shop):
    shop = make_shop()
    items = ("tea", "kettle", "cup")
    shop.put_items(*[{"item_id": item, "brand": "b"} for item in items])
    for user in ("ann", "bob", "cid"):
        shop.rate(user, "tea", 5)
    shop.rate("ann", "cup", 3)
    shop.rate("bob", "kettle", 4)
    assert done(shop.client.delete("/items/tea", headers=shop.admin))["ratings_removed"] == 3
    assert shop.ratings() == {("ann", "cup"): 3.0, ("bob", "kettle"): 4.0}
    for strategy in ("hybrid", "user", "item", "popular"):
        for user in ("ann", "bob", "cid", "new"):
            assert "tea" not in ids_of(shop.recommend(user, strategy=strategy, n=100))
    for address in ("/popular?n=100", "/items/cup/similar?n=100"):
        assert "tea" not in ids_of(done(shop.client.get(address, headers=shop.admin)))
    failed(shop.client.get("/items/tea/similar", headers=shop.admin), 404, "unknown_item")
    assert shop.drift() == []


def test_a_patch_of_nothing_changes_nothing(shop):
    item = shop.item(title="Tea")
    before = shop.client.get(f"/items/{segment(item)}", headers=shop.admin).get_json()
    answer = shop.client.patch(f"/items/{segment(item)}", json={}, headers=shop.admin)
    assert done(answer)["item"] == before["item"]
    assert "X-Freshness" not in answer.headers


def test_two_versions_never_bear_one_time(make_shop):
    shop = make_shop()
    item = shop.item()
    catalogue = shop.services.catalogue
    stood_still = catalogue.get(item).updated_at
    catalogue._now = lambda: stood_still
    times = [catalogue.change(item, {"price": float(n)}).value.updated_at for n in range(3)]
    assert stood_still < times[0] < times[1] < times[2]
