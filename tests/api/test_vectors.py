"""Named vectors of items over HTTP, and what is recommended by them."""

import pytest

from app.domain.catalogue import MAX_FEATURES, MAX_VECTORS
from tests.builders import done, failed, ids_of


def of(shop, item):
    return done(shop.client.get(f"/items/{item}", headers=shop.storefront))["item"]["vectors"]


def patch(shop, item, vectors):
    return shop.client.patch(f"/items/{item}", json={"vectors": vectors}, headers=shop.admin)


def similar(shop, item):
    answer = done(shop.client.get(f"/items/{item}/similar", headers=shop.storefront))
    return {place["item_id"]: place["score"] for place in answer["recommendation"]}


def test_a_patch_changes_one_and_leaves_the_others(make_shop):
    shop = make_shop()
    shop.item("a", title="a", vectors={"text": [1, 2], "image": [0.1]})
    assert done(patch(shop, "a", {"text": [2, 3]}))["item"]["vectors"] == of(shop, "a")
    assert of(shop, "a") == {"text": [2, 3], "image": [0.1]}
    done(shop.client.patch("/items/a", json={"title": "b"}, headers=shop.admin))
    done(patch(shop, "a", {"image": None, "none": None, "sound": [1]}))
    assert of(shop, "a") == {"text": [2, 3], "sound": [1]}
    done(patch(shop, "a", None))
    assert of(shop, "a") == {}
    done(shop.client.put("/items/a", json={"vectors": {"text": [1]}}, headers=shop.admin))
    assert of(shop, "a") == {"text": [1]}
    done(shop.client.put("/items/a", json={}, headers=shop.admin))
    assert of(shop, "a") == {}
    assert shop.drift() == []


def test_all_vectors_of_a_name_have_one_length(make_shop):
    shop = make_shop()
    shop.item("a", vectors={"text": [1, 0, 2], "image": [1]})
    before = shop.stored()
    wrong = {"item_id": "b", "vectors": {"image": [2], "text": [1, 2]}}
    for method, address, body in [
        ("POST", "/items", wrong),
        ("POST", "/items", [{"item_id": "c"}, wrong]),
        ("PUT", "/items/b", {"vectors": wrong["vectors"]}),
        ("PATCH", "/items/a", {"vectors": {"text": [1]}}),
        ("POST", "/items", [{"item_id": "d", "vectors": {"new": [1]}},
                            {"item_id": "e", "vectors": {"new": [1, 2]}}]),
    ]:  # fmt: skip
        response = shop.client.open(address, method=method, json=body, headers=shop.admin)
        assert "vectors" in str(failed(response, 422, "invalid_input")["detail"])
    answer = failed(patch(shop, "a", {"text": [1, 2]}), 422)
    assert answer["message"] == "vectors.text: has 2 numbers, the vectors 'text' stored have 3"
    assert shop.stored() == before
    done(patch(shop, "a", {"text": None}))
    done(patch(shop, "a", {"text": [1, 2]}))


@pytest.mark.parametrize(
    "vectors",
    [
        {"features": [1]}, {"": [1]}, {"1": [1]}, {"a.b": [1]}, {"$a": [1]}, {"a" * 33: [1]},
        {"绿": [1]}, {"text": []}, {"text": [1] * (MAX_FEATURES + 1)}, {"text": [1e16]},
        {"text": ["x"]}, {"text": 1}, {"text\n": [1]}, [1], "x",
        {f"v{n}": [1] for n in range(MAX_VECTORS + 1)},
    ],
)  # fmt: skip
def test_what_is_no_vector_is_refused(shop, vectors):
    item = shop.item()
    for method, address in (
        ("POST", "/items"),
        ("PUT", f"/items/{item}"),
        ("PATCH", f"/items/{item}"),
    ):
        body = {"vectors": vectors} | ({"item_id": "other"} if method == "POST" else {})
        response = shop.client.open(address, method=method, json=body, headers=shop.admin)
        assert "vectors" in str(failed(response, 422, "invalid_input")["detail"])


def test_an_item_may_have_the_most_but_no_more_by_patches(make_shop):
    shop = make_shop()
    shop.item("a", vectors={f"v{n}": [n] * MAX_FEATURES for n in range(MAX_VECTORS)})
    assert len(of(shop, "a")) == MAX_VECTORS
    assert "vectors" in failed(patch(shop, "a", {"one-more": [1]}), 422)["detail"]


def test_similarity_follows_vectors_and_weights_while_it_runs(make_shop):
    shop = make_shop()
    shop.put_items(
        {"item_id": "a", "brand": "x", "vectors": {"text": [1, 0], "image": [1, 1]}},
        {"item_id": "b", "brand": "x", "vectors": {"text": [0, 1], "image": [1, 1]}},
        {"item_id": "c", "brand": "y", "vectors": {"text": [1, 0]}},
        {"item_id": "d", "brand": "x"},
    )
    assert similar(shop, "a") == pytest.approx({"b": 2 / 3, "c": 0.5, "d": 1.0}, abs=1e-6)
    weights = {"vector_weights": {"text": 2, "image": 0}}
    done(shop.client.patch("/settings", json=weights, headers=shop.admin))
    assert similar(shop, "a") == pytest.approx({"b": 1 / 3, "c": 2 / 3, "d": 1.0}, abs=1e-6)
    done(patch(shop, "b", {"text": [1, 0]}))
    assert similar(shop, "a")["b"] == pytest.approx(1.0, abs=1e-6)
    shop.rate("ann", "a", 5)
    assert ids_of(shop.recommend("ann", strategy="item")) == ["b", "d", "c"]
    assert shop.drift() == []


def test_vectors_that_another_hand_wrote_stop_nothing(make_shop):
    shop = make_shop()
    items = shop.database["items"]
    for number, odd in enumerate(
        (7, {"text": [1]}, [{"name": "text"}], [{"name": "t", "length": 2, "data": b"12"}])
    ):
        items.insert_one({"_id": f"odd {number}", "vectors": odd})
    shop.item("even", vectors={"text": [1]})
    shop.services.catalogue.get("even")
    for projection in shop.runtime.projections:
        projection.load()
    assert shop.drift() == []
