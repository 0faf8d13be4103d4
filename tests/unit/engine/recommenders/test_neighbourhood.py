"""The knobs of user-based neighbours against brute force."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.recommenders.user_based import Neighbourhood, UserBased
from tests import brute_force
from tests.unit.engine.builders import filled, from_ratings
from tests.unit.engine.recommenders.test_user_based import (
    FRACTIONS,
    MEASURES,
    by_item,
    named,
    tables,
)


@settings(max_examples=100)
@given(
    tables(FRACTIONS),
    st.sampled_from([0.0, 2.5]),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([1.0, 0.7]),
)
def test_knobs_equal_brute_force(ratings, shrinkage, asymmetry, damping, g):
    preferences = from_ratings(ratings)
    user_based = UserBased(preferences)
    near = Neighbourhood(20, "cosine", 0.0, shrinkage, 2.0, asymmetry, damping)
    for user in ratings:
        profile = preferences.profile(user, g=g)
        found = user_based.neighbours(profile, near, g=g)
        expected = brute_force.shrunk_cosines(ratings, user, g, shrinkage, asymmetry, damping)
        assert dict(named(preferences, found)) == pytest.approx(expected, abs=1e-9)
        order = [(-round(s, 12), v) for v, s in named(preferences, found)]
        assert order == sorted(order)
        squares = [(v, s**2) for v, s in expected.items()]
        wanted = brute_force.user_scores(ratings, squares, g) if squares else {}
        scores = by_item(preferences, user_based.scores(profile, found, g=g))
        assert scores == pytest.approx({i: wanted.get(i, 0.0) for i in scores}, abs=1e-9)


@settings(max_examples=100)
@given(tables(FRACTIONS), st.sampled_from(["pearson", "jaccard"]), st.sampled_from([1.0, 20.0]))
def test_shrinkage_of_the_other_measures_equals_brute_force(ratings, similarity, shrinkage):
    preferences = from_ratings(ratings)
    user_based = UserBased(preferences)
    near = Neighbourhood(20, similarity, shrinkage=shrinkage)
    for user, mine in ratings.items():
        found = user_based.neighbours(preferences.profile(user), near)
        plain = brute_force.neighbours(ratings, user, 20, similarity)
        common = {v: len(mine.keys() & ratings[v].keys()) for v, _ in plain}
        expected = {v: s * common[v] / (common[v] + shrinkage) for v, s in plain}
        assert dict(named(preferences, found)) == pytest.approx(expected, abs=1e-9)


def test_knobs_leave_nothing_behind_for_the_next_request():
    rng = random.Random(5)
    rows = [
        (f"u{u}", f"i{rng.randrange(20)}", rng.randrange(1, 6)) for u in range(40) for _ in range(9)
    ]
    preferences = filled(rows)
    used, profile = UserBased(preferences), preferences.profile("u3")
    used.neighbours(profile, Neighbourhood(3, "cosine", 0.2, 5.0, 2.0, 0.3, 0.5))
    for similarity in MEASURES:
        near = Neighbourhood(50, similarity, shrinkage=5.0 if similarity == "jaccard" else 0.0)
        fresh = UserBased(preferences).neighbours(profile, near)
        assert named(preferences, used.neighbours(profile, near)) == named(preferences, fresh)
