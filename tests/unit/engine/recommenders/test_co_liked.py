"""Which items are liked by the same shoppers."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.recommenders import co_rated as module
from app.engine.recommenders.co_rated import co_liked
from tests.unit.engine.builders import filled

VALUES = st.sampled_from([-2.0, 1.0, 3.0, 5.0])
ROWS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("wxyz"), VALUES), max_size=20)


def read(preferences, item):
    row = preferences.items.row(item)
    found = co_liked(preferences, row)
    rows = {name: preferences.items.row(name) for name in "wxyz"}
    known = {name: row for name, row in rows.items() if row is not None}
    return found.likers, {
        name: (found.counts[row], found.similarity[row]) for name, row in known.items()
    }


@given(ROWS)
def test_it_equals_counting_by_hand(rows):
    preferences = filled(rows)
    value_of = {(user, item): value for user, item, value in rows}
    having = {i: {u for u, name in value_of if name == i} for i in "wxyz"}
    liking = {i: {u for u in having[i] if value_of[u, i] > 0} for i in "wxyz"}
    for item in "wxyz":
        if not having[item]:
            continue
        likers, found = read(preferences, item)
        assert likers == len(liking[item])
        for other, (count, similarity) in found.items():
            both = len(liking[item] & liking[other])
            norm = sqrt(len(liking[item]) * max(1, len(having[other]))) or 1.0
            assert (count, similarity) == pytest.approx((both, both / norm))


def test_of_many_those_count_who_like_it_most(monkeypatch):
    monkeypatch.setattr(module, "MOST_LIKERS", 2)
    rows = [("a", "x", 1), ("b", "x", 5), ("c", "x", 3), ("d", "x", 3)]
    also = [("b", "y", 5), ("c", "y", 5), ("a", "z", 5), ("d", "z", 5)]
    for order in (1, -1):
        likers, found = read(filled([*rows, *also][::order]), "x")
        assert likers == 2
        assert found["y"] == (2, pytest.approx(1))  # 4 of 4 as estimated; at most 1
        assert found["z"] == (0, 0)


def test_implied_preferences_count_as_well():
    preferences = filled([("a", "x", 5), ("b", "y", 4)])
    preferences.put("a", "y", 0.25, implied=True)
    assert read(preferences, "x")[1]["y"] == (1, pytest.approx(1 / sqrt(2)))
