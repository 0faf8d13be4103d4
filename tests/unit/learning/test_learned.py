"""What the learned models in memory say."""

from typing import Any

import numpy as np
import pytest

from app.domain.models import ModelRejected
from app.learning.fitted import FittedModel
from app.learning.learned import LearnedModels
from app.live.memory import Shopper, Tables
from tests.unit.learning.builders import ease, neural, record, tables_of

ITEMS = ["tea", "milk", "sugar"]
WEIGHTS = [[0.0, 0.5, 0.25], [0.5, 0.0, 0.125], [0.25, 0.125, 0.0]]


def scored(tables: Tables, learned: LearnedModels, kind: str, user_id: str) -> dict[str, float]:
    with tables.lock:
        scores = learned.scores(kind, Shopper(tables, user_id))
        if scores is None:
            return {}
        alive = np.flatnonzero(tables.items.alive).tolist()
        return {tables.items.id(row): float(scores[row]) for row in alive}


def test_without_a_model_there_is_no_score():
    tables = tables_of(("ann", "tea", 5.0))
    learned = LearnedModels(tables)
    assert scored(tables, learned, "ease", "ann") == {}
    assert learned.fitted("ease") is None
    assert learned.records == {}


def test_scores_add_up_what_the_shopper_likes_now():
    tables = tables_of(("ann", "sugar", 5.0), ("bob", "milk", 4.0))
    tables.items.acquire("tea")
    learned = LearnedModels(tables)
    learned.put(ease(ITEMS, WEIGHTS))
    assert scored(tables, learned, "ease", "ann") == {"tea": 0.25, "milk": 0.125, "sugar": 0.0}
    tables.preferences.put("ann", "milk", 3.0)
    assert scored(tables, learned, "ease", "ann") == {"tea": 0.75, "milk": 0.125, "sugar": 0.125}


def test_items_the_model_has_not_seen_are_left_out():
    tables = tables_of(("ann", "new", 5.0), ("ann", "tea", 5.0), ("bob", "new", 4.0))
    learned = LearnedModels(tables)
    learned.put(ease(ITEMS, WEIGHTS))
    assert scored(tables, learned, "ease", "ann") == {"new": 0.0, "tea": 0.0}
    assert scored(tables, learned, "ease", "bob") == {}, "it knows nothing of bob"


def test_an_item_that_takes_the_row_of_another_is_another():
    tables = tables_of(("ann", "tea", 5.0), ("bob", "milk", 4.0))
    learned = LearnedModels(tables)
    learned.put(ease(ITEMS, WEIGHTS))
    row = tables.items.row("milk")
    tables.preferences.remove("bob", "milk")
    tables.preferences.put("bob", "sugar", 4.0)
    assert tables.items.row("sugar") == row
    assert scored(tables, learned, "ease", "ann") == {"tea": 0.0, "sugar": 0.25}


def test_shares_add_up_to_the_score():
    tables = tables_of(("ann", "new", 4.0), ("ann", "tea", 5.0), ("ann", "sugar", 5.0))
    tables.items.acquire("milk")
    learned = LearnedModels(tables)
    learned.put(ease(ITEMS, WEIGHTS))
    ann = Shopper(tables, "ann")
    shares = learned.shares("ease", ann, tables.items.row("milk"))
    named = dict(
        zip(map(tables.items.id, ann.profile.items.tolist()), shares.tolist(), strict=True)
    )
    assert named == {"new": 0.0, "tea": 0.5, "sugar": 0.125}
    assert learned.shares("ease", ann, tables.items.row("new")).size == 0
    assert learned.shares("als", ann, tables.items.row("milk")).size == 0


def test_the_next_version_takes_over_and_can_be_dropped():
    tables = tables_of(("ann", "tea", 5.0), ("bob", "milk", 4.0))
    learned = LearnedModels(tables)
    learned.put(ease(ITEMS, WEIGHTS))
    learned.put(ease(["milk", "tea"], [[0, 1], [1, 0]], version=2))
    assert learned.fitted("ease").version == 2
    assert scored(tables, learned, "ease", "ann") == {"tea": 0.0, "milk": 1.0}
    assert len(tables.items.watchers) == 1
    learned.drop("ease")
    assert scored(tables, learned, "ease", "ann") == {}
    assert tables.items.watchers == []


def drives(scores: dict[str, float]) -> dict[str, float]:
    """What a sigmoid made likelihoods of."""
    return {item: np.log(score / (1 - score)) for item, score in scores.items()}


def test_a_network_scores_by_the_mean_of_what_is_liked_now():
    tables = tables_of(("ann", "tea", 5.0), ("ann", "sugar", 1.0), ("bob", "milk", 4.0))
    learned = LearnedModels(tables)
    learned.put(neural(ITEMS))
    found = drives(scored(tables, learned, "neural", "ann"))
    assert found["milk"] - found["tea"] == pytest.approx(2.0), "the mean of 1 and 3"
    assert learned.shares("neural", Shopper(tables, "ann"), 0).size == 0


def test_a_network_answers_who_came_after_the_fit():
    tables = tables_of(("ann", "tea", 5.0), ("bob", "milk", 4.0))
    learned = LearnedModels(tables)
    learned.put(neural(ITEMS))
    tables.preferences.put("dan", "milk", 4.0)
    assert scored(tables, learned, "neural", "dan") == scored(tables, learned, "neural", "bob")
    found = drives(scored(tables, learned, "neural", "dan"))
    assert found["milk"] - found["tea"] == pytest.approx(2.0)


def former_network() -> dict[str, dict[str, Any]]:
    """A network as it was stored when it had a vector of each shopper."""
    parts = {name: dict(part) for name, part in neural(ITEMS).parts.items()}
    arrays = parts["model"]
    arrays["user_factors"], arrays["user_inputs"] = (
        arrays.pop(name)[:2] for name in ("own_factors", "own_inputs")
    )
    arrays["known"] = np.ones(2, np.uint8)
    return {**parts, "users": parts["items"]}


def test_a_network_that_holds_shoppers_is_rejected():
    with pytest.raises(ModelRejected, match="Fit it again: flask train neural"):
        FittedModel.restored(record("neural"), former_network())


@pytest.mark.parametrize("name", ["own_factors", "own_inputs", "item_factors", "item_inputs"])
def test_a_network_of_other_items_is_rejected(name: str):
    parts = {part: dict(arrays) for part, arrays in neural(ITEMS).parts.items()}
    parts["model"][name] = parts["model"][name][:2]
    with pytest.raises(ModelRejected):
        FittedModel.restored(record("neural"), parts)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda parts: parts["model"].pop("weights"),
        lambda parts: parts.pop("items"),
        lambda parts: parts["model"].update(weights=np.full((3, 3), np.nan, np.float32)),
        lambda parts: parts["model"].update(weights=np.zeros((2, 2), np.float32)),
        lambda parts: parts["model"].update(weights=np.zeros((3, 2), np.float32)),
    ],
    ids=["an array lacks", "no ids", "not finite", "other items", "not square"],
)
def test_what_does_not_fit_together_is_rejected(spoil):
    good = ease(ITEMS, WEIGHTS)
    parts = {name: dict(part) for name, part in good.parts.items()}
    assert FittedModel.restored(good.record, parts).items.find("milk") == 1
    spoil(parts)
    with pytest.raises(ModelRejected):
        FittedModel.restored(good.record, parts)


def test_a_kind_of_another_release_is_rejected():
    with pytest.raises(ModelRejected, match="no kind"):
        FittedModel.restored(record("oracle"), {})
