"""The shop's settings over HTTP."""

from dataclasses import replace

import pytest

from app.api.settings import body_of, view_of
from app.domain.errors import Conflict
from app.domain.events import WEIGHTS
from app.domain.setting import rows_of
from tests.builders import done, failed, ids_of
from tests.settings_values import PUBLIC, bad, good
from tests.unit.domain.test_settings_table import Louder

DEFAULTS = {
    "version": 0,
    "strategy": "hybrid",
    "w_user": 0.6,
    "w_item": 0.4,
    "w_similar_features": 0.5,
    "k": 50,
    "similarity": "cosine",
    "min_similarity": 0.0,
    "weights": dict(WEIGHTS),
    "half_life_days": 90.0,
    "saturation": 5.0,
    "session_strength": 0.3,
    "repeat_strength": 0.0,
    "session_minutes": 30.0,
    "context_strength": 0.3,
    "timezone": "UTC",
    "hide_bought_days": 0.0,
    "max_per_brand": 0,
    "max_per_category": 0,
    "limit_places": 20,
    "diversity": 0.0,
    "min_support": 3,
    "w_co_rated": 0.0,
    "w_ease": 0.0,
    "w_als": 0.0,
    "w_neural": 0.0,
    "w_sequence": 0.0,
    "recency": 0.0,
    "auto_strategy": "hybrid",
    "shrinkage": 0.0,
    "exponent": 1.0,
    "asymmetry": 0.5,
    "damping": 0.0,
    "co_rarity": 0.5,
    "co_damping": 0.85,
    "co_exponent": 1.5,
    "co_novelty": 0.5,
    "vector_weights": {},
    "models": {},
    "retrain_after_hours": 24.0,
    "train_hours": 24.0,
    "tuned": {},
}


@pytest.fixture
def shop(make_shop):
    return make_shop()


def change(shop, **settings):
    return done(shop.client.patch("/settings", json=settings, headers=shop.admin))["settings"]


def test_defaults_hold_until_changed(shop):
    assert done(shop.client.get("/settings", headers=shop.admin))["settings"] == DEFAULTS


def test_what_is_not_named_stays(shop):
    assert change(shop, k=10) == DEFAULTS | {"k": 10, "version": 1}
    wanted = DEFAULTS | {"k": 10, "strategy": "user", "version": 2}
    assert change(shop, strategy="user") == wanted
    assert done(shop.client.get("/settings", headers=shop.admin))["settings"] == wanted


def test_the_next_answer_follows(shop):
    shop.put_items(
        {"item_id": "sencha", "category": "Tea"},
        {"item_id": "oolong", "category": "Tea"},
        {"item_id": "kettle", "category": "Kitchen"},
    )
    shop.rate("ann", "sencha", 5)
    shop.rate("bob", "sencha", 5)
    shop.rate("bob", "kettle", 5)
    for strategy, first in [("user", "kettle"), ("item", "oolong"), ("popular", "kettle")] * 3:
        change(shop, strategy=strategy)
        answer = shop.recommend("ann")
        assert answer["strategy"] == strategy
        assert ids_of(answer)[0] == first
    assert ids_of(shop.recommend("ann", strategy="item"))[0] == "oolong"
    change(shop, strategy="hybrid", w_user=0, w_item=1)
    assert ids_of(shop.recommend("ann"))[0] == "oolong"
    change(shop, w_user=1, w_item=0)
    assert ids_of(shop.recommend("ann"))[0] == "kettle"


def test_auto_is_what_the_shop_has_found_best(shop):
    shop.put_items({"item_id": "sencha", "category": "Tea"}, {"item_id": "oolong"})
    shop.rate("ann", "sencha", 5)
    shop.rate("bob", "sencha", 5)
    shop.rate("bob", "oolong", 5)
    change(shop, strategy="auto")
    assert shop.recommend("ann")["strategy"] == "hybrid"
    change(shop, auto_strategy="user")
    assert shop.recommend("ann")["strategy"] == "user"
    assert shop.recommend("ann", strategy="auto")["strategy"] == "user"


def test_weights_of_vectors_are_changed_one_by_one(shop):
    assert change(shop, vector_weights={"text": 2, "image": 0})["vector_weights"] == {
        "text": 2.0,
        "image": 0.0,
    }
    assert change(shop, vector_weights={"text": None})["vector_weights"] == {"image": 0.0}


def test_two_changes_at_once_do_not_lose_one(shop):
    settings = shop.repositories.settings
    former = settings.get()
    change(shop, k=10)
    with pytest.raises(Conflict):
        settings.replace(replace(former, k=20, version=former.version + 1))
    assert settings.get().k == 10


def test_nothing_named(shop):
    assert change(shop) == DEFAULTS | {"version": 0}
    failed(shop.client.patch("/settings", json=[], headers=shop.admin), 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"half_life_days": 0},
        {"saturation": 0},
        {"min_support": 0},
        {"max_per_brand": -1},
        {"max_per_category": 101},
        {"limit_places": 0},
        {"diversity": 1.5},
        {"w_similar_features": 1.1},
        {"session_strength": -1},
        {"auto_strategy": "auto"},
        {"asymmetry": 1.5},
        {"vector_weights": {"text": -1}},
        {"vector_weights": {"a\u0000b": 1}},
        {"vector_weights": {f"v{number}": 1 for number in range(65)}},
        {"models": {"ease": 1}},
        {"tuned": {}},
        {"weights": {f"kind_{number}": 1.0 for number in range(200)}},
    ],
)
def test_what_no_shop_can_have_is_refused(shop, wrong):
    failed(shop.client.patch("/settings", json=wrong, headers=shop.admin), 422, "invalid_input")
    assert done(shop.client.get("/settings", headers=shop.admin))["settings"] == DEFAULTS


def test_what_a_setting_may_not_be_is_refused_and_not_stored(shop):
    for row in PUBLIC:
        for value in bad(row):
            answer = shop.client.patch("/settings", json={row.name: value}, headers=shop.admin)
            told = failed(answer, 422, "invalid_input")
            assert told["detail"].keys() == {row.name}, value
    assert done(shop.client.get("/settings", headers=shop.admin))["settings"] == DEFAULTS


def test_an_old_name_is_still_a_name(shop):
    hours = {"retrain_after_hours": 5.0, "train_hours": 5.0}
    assert change(shop, train_hours=5) == DEFAULTS | {"version": 1} | hours
    wrong = {"train_hours": 1, "retrain_after_hours": 2}
    answer = failed(shop.client.patch("/settings", json=wrong, headers=shop.admin), 422)
    assert "train_hours is its old name" in answer["detail"]["retrain_after_hours"][0]
    wrong = {"train_hours": -1}
    answer = failed(shop.client.patch("/settings", json=wrong, headers=shop.admin), 422)
    assert answer["detail"] == {"train_hours": ["must be a number from 0 to 100000"]}


def test_every_wrong_value_is_told_in_the_words_of_the_table(shop):
    wrong = {row.name: bad(row)[0] for row in PUBLIC}
    answer = failed(shop.client.patch("/settings", json=wrong, headers=shop.admin), 422)
    assert answer["detail"] == {row.name: [f"must be {row.allowed}"] for row in PUBLIC}


def test_what_the_table_allows_the_body_takes(shop):
    body = body_of({row.name: row for row in PUBLIC})
    for row in PUBLIC:
        for value in good(row):
            assert body(**{row.name: value}).changes() == {row.name: value}


def test_another_row_is_another_field_of_body_and_view():
    rows = rows_of(Louder)
    schema = body_of(rows).model_json_schema()["properties"]["loudness"]
    described = {"description": "How loud it is.", "title": "Loudness", "type": "number"}
    assert schema == {"default": 0.5, "minimum": 0, "maximum": 11} | described
    assert view_of(rows).model_json_schema()["properties"]["loudness"] == described
    assert body_of(rows)(loudness=11).changes() == {"loudness": 11.0}
    with pytest.raises(ValueError, match="must be a number from 0 to 11"):
        body_of(rows)(loudness=12)
