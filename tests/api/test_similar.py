"""Items like a given one: by their features, and by who likes both."""

from math import sqrt

import pytest

from tests.builders import done, ids_of

VECTORS = {"a": [1, 0], "b": [1, 1], "c": [0, 1], "d": [1, 2]}
LIKES = {"a": "uvw", "c": "uvx", "d": "wyzs"}


@pytest.fixture(scope="module")
def similar(shop):
    shop.put_items(*[{"item_id": i, "title": i, "features": v} for i, v in VECTORS.items()])
    for item, users in LIKES.items():
        for user in users:
            shop.rate(user, item, 4)

    def ask(item, **weights):
        if weights:
            done(shop.client.patch("/settings", json=weights, headers=shop.admin))
        answer = done(shop.client.get(f"/items/{item}/similar?explain=1", headers=shop.storefront))
        return ids_of(answer), {p["item_id"]: p for p in answer["recommendation"]}

    return ask


def test_half_by_features_and_half_by_likers(similar):
    order, places = similar("a", w_similar_features=0.5)
    assert order == ["d", "b", "c"]
    assert places["b"]["score"] == pytest.approx(0.5 / sqrt(2), abs=1e-8)
    assert places["c"]["score"] == pytest.approx(0.5 * 2 / 3, abs=1e-8)
    wanted = {"features": 0.5 / sqrt(5), "liked": 0.5 / sqrt(12)}
    assert places["d"]["reasons"]["parts"] == pytest.approx(wanted)
    assert places["d"]["score"] == pytest.approx(sum(wanted.values()), abs=1e-8)
    assert places["c"]["reasons"]["liked_with"] == {
        "item_id": "a", "title": "a", "shoppers": 2, "others": 2, "of": 3, "share": 1.0,
    }  # fmt: skip
    assert places["c"]["reasons"]["text"]["en"] == "Someone who likes a likes this too"
    assert places["b"]["reasons"]["text"]["en"] == "Similar to a"
    assert "liked_with" not in places["b"]["reasons"]


def test_the_shop_weighs(similar):
    assert similar("a", w_similar_features=1)[0] == ["b", "d"]
    assert similar("a", w_similar_features=0)[0] == ["c", "d"]


def test_where_nobody_likes_the_item_features_stand_alone(similar):
    _, places = similar("b", w_similar_features=0.5)
    assert places["a"]["score"] == pytest.approx(1 / sqrt(2), abs=1e-8)
