"""Feature tables and item-based scores against brute force."""

import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.recommenders.item_based import ItemBased
from app.engine.tables.feature_table import Features
from app.engine.tables.feature_vectors import DIMENSIONS
from tests import brute_force
from tests.unit.engine.builders import empty, filled, mapped, own_size

NUMBERS = st.one_of(st.integers(-6, 6), st.floats(-3, 3, width=16)).map(float)


def by_item(items, scores):
    return {items.id(row): scores[row] for row in range(items.capacity) if items.alive[row]}


def vectors(numbers):
    vector = st.lists(numbers, min_size=3, max_size=3)
    return st.dictionaries(st.sampled_from("abcdefgh"), vector, min_size=1)


@given(
    st.one_of(vectors(NUMBERS), vectors(NUMBERS.map(abs))),
    st.dictionaries(st.sampled_from("abcdefghxy"), st.floats(-2, 5, width=16), min_size=1),
)
def test_own_vectors_equal_brute_force(own, liked):
    preferences = filled([("me", item, value) for item, value in liked.items()])
    features = Features(preferences.items, preferences.lock)
    for item, vector in own.items():
        features.put_own(item, vector)
    scores = by_item(preferences.items, ItemBased(features).scores(preferences.profile("me")))
    wanted = brute_force.item_scores(liked, own) if any(liked.values()) else {}
    assert scores == pytest.approx({item: wanted.get(item, 0.0) for item in scores}, abs=1e-9)


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.dictionaries(st.integers(0, 9), st.floats(0, 2, width=16)),
        min_size=1,
    )
)
def test_encoded_vectors_equal_brute_force(encoded):
    preferences = filled([("me", "a", 3), ("me", "b", 1.5), ("me", "z", 0.5)])
    features = Features(preferences.items, preferences.lock)
    for item, entries in encoded.items():
        dims, weights = list(entries), list(entries.values())
        features.put_encoded(item, np.array(dims, np.int32), np.array(weights, np.float32))
    dense = {item: [entries.get(n, 0.0) for n in range(10)] for item, entries in encoded.items()}
    scores = by_item(preferences.items, ItemBased(features).scores(preferences.profile("me")))
    wanted = brute_force.item_scores({"a": 3, "b": 1.5, "z": 0.5}, dense)
    assert scores == pytest.approx({item: wanted.get(item, 0.0) for item in scores}, abs=1e-9)


def shop():
    preferences = empty()
    return Features(preferences.items, threading.RLock()), preferences.items


def test_worked_answer_of_two_feature_vectors():
    features, items = shop()
    features.put_own("one", (3, 5, 2))
    features.put_own("two", (4, 6, 3))
    assert features.similar(items.row("one"))[items.row("two")] == pytest.approx(
        48 / (38 * 61) ** 0.5
    )


def test_items_are_similar_within_one_space_only():
    features, items = shop()
    features.put_own("own", [1.0, 0.0])
    features.put_encoded("encoded", np.array([0], np.int32), np.array([1.0], np.float32))
    features.put_own("zero", [0.0, 0.0])
    assert by_item(items, features.similar(items.row("own"))) == {"own": 1, "encoded": 0, "zero": 0}
    assert by_item(items, features.similar(items.row("encoded")))["own"] == 0
    assert not features.similar(items.row("zero")).any()
    features.put_encoded("own", np.array([0], np.int32), np.array([0.5], np.float32))
    assert by_item(items, features.similar(items.row("encoded")))["own"] == pytest.approx(1)


def test_the_first_own_vector_sets_the_dimension_until_the_last_one_leaves():
    features, items = shop()
    features.put_own("a", [1, 2, 3])
    features.put_own("b", [-1, 2, 3])
    with pytest.raises(ValueError, match=r"3 numbers, not 2"):
        features.put_own("c", [1, 2])
    with pytest.raises(ValueError, match=r"3 numbers, not 2"):
        features.put_own("b", [1, 2])
    assert items.row("c") is None and own_size(features) == 3
    assert features.remove("b") and not features.remove("b")
    features.put_own("a", [1, 2])  # it was alone
    assert own_size(features) == 2
    assert features.remove("a") and own_size(features) == 0 and len(features) == len(items) == 0


@pytest.mark.parametrize("vector", [[], [float("nan")], [[1.0]], [float("inf"), 1.0]])
def test_refuses_what_is_no_vector(vector):
    features, items = shop()
    with pytest.raises(ValueError, match="finite numbers"):
        features.put_own("a", vector)
    assert len(items) == 0


@pytest.mark.parametrize(
    ("dims", "weights"), [([0], [-1.0]), ([DIMENSIONS], [1.0]), ([-1], [1.0]), ([0, 1], [1.0])]
)
def test_refuses_what_is_not_encoded(dims, weights):
    features, items = shop()
    with pytest.raises(ValueError, match=r"encoded|dimensions"):
        features.put_encoded("a", np.array(dims, np.int32), np.array(weights, np.float32))
    assert len(items) == 0


def test_huge_and_tiny_vectors_keep_their_direction():
    features, items = shop()
    features.put_own("huge", [3e300, 4e300])
    features.put_own("tiny", [3e-300, 4e-300])
    assert features.similar(items.row("huge"))[items.row("tiny")] == pytest.approx(1)


def test_shares_of_an_explanation():
    preferences = filled([("me", "a", 1), ("me", "b", 3), ("me", "c", 5)])
    features = Features(preferences.items, preferences.lock)
    for item, vector in {"a": [1, 0], "b": [1, 0], "c": [0, 1], "new": [1, 0]}.items():
        features.put_own(item, vector)
    rows, parts = ItemBased(features).explain(
        preferences.profile("me"), preferences.items.row("new")
    )
    assert [preferences.items.id(row) for row in rows.tolist()] == ["b", "a"]
    assert parts.tolist() == [0.75, 0.25]


def test_dump_and_restore_keep_every_vector():
    features, items = shop()
    features.put_own("own", [1.0, -2.0])
    features.put_own("small", [1e-30, 0.0])
    features.put_encoded("tea", np.array([3, 5], np.int32), np.array([0.6, 0.8], np.float32))
    features.put_encoded("oil", np.array([5], np.int32), np.array([1.0], np.float32))
    features.put_encoded("bare", np.array([], np.int32), np.array([], np.float32))
    other, other_items = reborn(features)
    assert len(other) == len(features) == 5
    assert own_size(other) == 2
    for item in ("own", "small", "tea", "oil", "bare"):
        mine = by_item(items, features.similar(items.row(item)))
        assert by_item(other_items, other.similar(other_items.row(item))) == mine
    for number in range(40):  # beyond the room that was left
        other.put_own(f"own {number}", [1.0, float(number)])
    assert other.similar(other_items.row("own 2"))[other_items.row("own 4")] == pytest.approx(
        brute_force.feature_cosine([1, 2], [1, 4])
    )
    for item in [other_items.id(row) for row in np.flatnonzero(other_items.alive).tolist()]:
        assert other.remove(item)
    assert len(other_items) == 0 and own_size(other) == 0
    again, _ = reborn(other)
    assert len(again) == 0 and own_size(again) == 0


def reborn(features):
    other, items = shop()
    items.restore(mapped(features.items.dump()))
    other.restore(mapped(features.dump()))
    return other, items


def test_changes_in_any_order_equal_brute_force():
    rng = random.Random(4)
    features, items = shop()
    own = {}
    for _ in range(2000):
        item = f"i{rng.randrange(60)}"
        if rng.random() < 0.6:
            own[item] = [float(rng.randrange(-2, 3)) for _ in range(4)]
            features.put_own(item, own[item])
        else:
            assert features.remove(item) == (own.pop(item, None) is not None)
    assert len(items) == len(features) == len(own)
    for item in own:
        found = by_item(items, features.similar(items.row(item)))
        wanted = {i: brute_force.feature_cosine(own[item], v) for i, v in own.items()}
        assert found == pytest.approx(wanted, abs=1e-12)
