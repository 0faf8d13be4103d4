"""Similarity over several vector spaces against brute force."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.recommenders.item_based import ItemBased
from app.engine.tables.feature_table import Features
from app.engine.tables.feature_vectors import DIMENSIONS
from tests.unit.engine.builders import empty, filled, mapped, named_sizes

NUMBERS = st.integers(-4, 4).map(float)
ITEMS = st.sampled_from("abcdefgh")
VECTORS = st.fixed_dictionaries(
    {},
    optional={
        "own": st.lists(NUMBERS, min_size=2, max_size=2),
        "encoded": st.dictionaries(st.integers(0, 5), st.integers(0, 3).map(float)),
        "text": st.lists(NUMBERS, min_size=3, max_size=3),
        "image": st.lists(NUMBERS, min_size=1, max_size=1),
    },
)
WEIGHTS = st.dictionaries(
    st.sampled_from(["features", "text", "image", "none"]), st.sampled_from([0.0, 0.5, 3.0])
)


def unit(vector):
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector] if length else None


def spaces_of(vectors):
    """What brute force compares: space -> unit vector, where it is not zero."""
    encoded = vectors.get("encoded", {})
    found = {name: vectors[name] for name in ("own", "text", "image") if name in vectors}
    if "own" not in vectors:
        found["encoded"] = [encoded.get(at, 0.0) for at in range(6)]
    return {name: unit(v) for name, v in found.items() if unit(v)}


def similarity(one, other, weights):
    """The weighted mean over the spaces that both are in."""
    mine, theirs = spaces_of(one), spaces_of(other)
    total = parts = 0.0
    for name in mine.keys() & theirs.keys():
        weight = weights.get("features" if name in ("own", "encoded") else name, 1.0)
        cosine = math.fsum(a * b for a, b in zip(mine[name], theirs[name], strict=True))
        total += weight
        parts += weight * (abs(cosine) if name == "own" else cosine)
    return parts / total if total else 0.0


def put(features, item, vectors):
    if "own" in vectors:
        features.put_own(item, vectors["own"])
    else:
        encoded = vectors.get("encoded", {})
        dims, weights = np.array(list(encoded), np.int32), np.array(list(encoded.values()))
        features.put_encoded(item, dims, weights.astype(np.float32))
    named = {name: vectors[name] for name in ("text", "image") if name in vectors}
    assert features.put_named(item, named) == {}


def rows(features, scores):
    return {item: scores[features.items.row(item)] for item in features.by_id()}


@given(
    st.dictionaries(ITEMS, VECTORS, min_size=1),
    st.dictionaries(st.sampled_from("abcdefghxy"), st.floats(-2, 5, width=16), min_size=1),
    WEIGHTS,
)
def test_scores_and_their_parts_equal_brute_force(catalogue, liked, weights):
    preferences = filled([("me", item, value) for item, value in liked.items()])
    features = Features(preferences.items, preferences.lock)
    for item, vectors in catalogue.items():
        put(features, item, vectors)
    features.weights = lambda: weights
    profile = preferences.profile("me")
    item_based = ItemBased(features)
    total = math.fsum(map(abs, liked.values())) or 1.0
    wanted = {
        i: math.fsum(
            value * similarity(catalogue[i], catalogue[j], weights)
            for j, value in liked.items()
            if j in catalogue
        )
        for i in catalogue
    }
    found = rows(features, item_based.scores(profile))
    assert found == pytest.approx({i: s / total for i, s in wanted.items()}, abs=1e-9)
    for item in catalogue:
        parts = item_based.spaces(profile, features.items.row(item))
        assert sum(parts.values()) == pytest.approx(wanted[item], abs=1e-9)
        alike = rows(features, item_based.similar(features.items.row(item)))
        each = {i: max(similarity(catalogue[item], catalogue[i], weights), 0.0) for i in catalogue}
        assert alike == pytest.approx(each, abs=1e-9)
    order = [*catalogue]
    among = features.among(np.array([features.items.row(item) for item in order], np.int32))
    for at, item in enumerate(order):
        each = [similarity(catalogue[item], catalogue[i], weights) for i in order]
        assert among(at).tolist() == pytest.approx(each, abs=1e-9)


def shop():
    preferences = empty()
    return Features(preferences.items, preferences.lock), preferences.items


def encoded(features, item, *dims):
    features.put_encoded(item, np.array(dims, np.int32), np.ones(len(dims), np.float32))


def test_worked_answer_over_two_spaces():
    features, items = shop()
    for item, dims in {"a": (1,), "b": (1, 2), "c": (1,)}.items():
        encoded(features, item, *dims)
    features.put_named("a", {"text": [1.0, 0.0]})
    features.put_named("b", {"text": [3.0, 4.0]})
    features.weights = lambda: {"text": 3.0}
    found = rows(features, features.similar(items.row("a")))
    # b shares both spaces; c has no text, and is compared by the columns alone
    assert found == pytest.approx({"a": 1.0, "b": (1 / math.sqrt(2) + 3 * 0.6) / 4, "c": 1.0})
    parts = features.by_space(items.row("a"), np.array([items.row("b")], np.int32))
    assert {name: part[0] for name, part in parts.items()} == pytest.approx(
        {"features": 1 / math.sqrt(2) / 4, "text": 3 * 0.6 / 4}
    )


def test_opposite_vectors_are_no_likeness():
    features, items = shop()
    encoded(features, "a")
    encoded(features, "b")
    features.put_named("a", {"text": [1.0, 2.0]})
    features.put_named("b", {"text": [-1.0, -2.0]})
    assert features.similar(items.row("a"))[items.row("b")] == pytest.approx(-1.0)
    assert ItemBased(features).similar(items.row("a"))[items.row("b")] == 0.0


def test_a_space_without_weight_is_not_used():
    features, items = shop()
    encoded(features, "a", 1)
    encoded(features, "b", 1)
    features.weights = lambda: {"features": 0.0}
    assert not features.similar(items.row("a")).any()
    features.put_named("a", {"text": [1.0, 0.0]})
    features.put_named("b", {"text": [1.0, 0.0]})
    assert features.similar(items.row("a"))[items.row("b")] == 1.0


def test_the_first_of_a_name_sets_the_length_until_the_last_one_leaves():
    features, _ = shop()
    for item in "ab":
        encoded(features, item)
    assert features.put_named("a", {"text": [1, 2, 3], "image": [1]}) == {}
    assert features.put_named("b", {"text": [1, 2], "image": [2]}) == {
        "text": "the vectors 'text' of this catalogue have 3 numbers, not 2"
    }
    assert named_sizes(features) == {"text": 3, "image": 1}
    assert [*features.named_by_id()["b"]] == ["image"]
    assert features.put_named("a", {"text": [1, 2]}) == {}  # it was alone
    assert named_sizes(features) == {"text": 2, "image": 1}
    features.put_named("a", {})
    assert named_sizes(features) == {"image": 1}
    assert features.remove("b")
    assert named_sizes(features) == {}


@pytest.mark.parametrize("vector", [[], [float("nan")], [[1.0]], [float("inf"), 1.0]])
def test_refuses_what_is_no_vector(vector):
    features, items = shop()
    with pytest.raises(ValueError, match="finite numbers"):
        features.put_named("a", {"text": vector})
    assert len(items) == 0


def test_named_vectors_alone_hold_the_item():
    features, items = shop()
    features.put_named("a", {})
    assert len(items) == len(features) == 0
    features.put_named("a", {"text": [1.0]})
    assert len(items) == len(features) == 1
    assert features.remove("a") and len(items) == 0


def test_changes_in_any_order_equal_brute_force_also_after_a_restart():
    rng = random.Random(5)
    features, items = shop()
    catalogue = {}
    names = {"own": 2, "text": 3, "image": 1}
    for step in range(1500):
        item = f"i{rng.randrange(40)}"
        if rng.random() < 0.7:
            drawn = [name for name in names if rng.random() < 0.5]
            vectors = {n: [float(rng.randrange(-2, 3)) for _ in range(names[n])] for n in drawn}
            vectors["encoded"] = {rng.randrange(6): 1.0}
            catalogue[item] = vectors
            put(features, item, vectors)
        else:
            assert features.remove(item) == (catalogue.pop(item, None) is not None)
        if step % 500 == 250:
            features, items = reborn(features)
    assert len(items) == len(features) == len(catalogue)
    features.weights = lambda: {"text": 2.0}
    for item in catalogue:
        found = rows(features, features.similar(items.row(item)))
        wanted = {i: similarity(catalogue[item], v, {"text": 2.0}) for i, v in catalogue.items()}
        assert found == pytest.approx(wanted, abs=1e-12)
    assert reborn(features)[0].named_by_id() == features.named_by_id()


def reborn(features):
    other, items = shop()
    items.restore(mapped(features.items.dump()))
    other.restore(mapped(features.dump()))
    return other, items


def test_without_named_vectors_nothing_changes():
    features, items = shop()
    rng = np.random.default_rng(1)
    for number in range(50):
        dims = rng.choice(DIMENSIONS, 5, replace=False).astype(np.int32) % 40
        encoded(features, f"i{number}", *np.unique(dims))
    features.put_own("own", [1.0, -2.0])
    row = items.row("i0")
    before = features.similar(row)
    features.weights = lambda: {"features": 7.0, "text": 0.5}
    assert (features.similar(row) == before).all()
    features.put_named("own", {"text": [1.0]})  # nobody else has it
    assert features.similar(row) == pytest.approx(before, abs=1e-15)
