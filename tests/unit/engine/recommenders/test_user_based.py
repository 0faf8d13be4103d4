"""User-based scores against brute force, and the worked answers."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.recommenders import ranking
from app.engine.recommenders.user_based import Neighbourhood, UserBased
from tests import brute_force
from tests.unit.engine.builders import empty, filled, from_ratings

MEASURES = ("cosine", "pearson", "jaccard")

# Eighths keep every sum exact, so that ties are ties in any order of summation.
EIGHTHS = st.integers(-16, 40).map(lambda number: number / 8)
FRACTIONS = st.floats(0.125, 5, width=32)


def tables(values):
    entry = st.tuples(values, st.booleans()).map(
        lambda pair: (brute_force.float32(abs(pair[0]) if not pair[1] else pair[0]), pair[1])
    )
    entries = st.dictionaries(st.sampled_from("abcdefgh"), entry, min_size=1, max_size=6)
    users = st.text(st.sampled_from("uvw-é客"), min_size=1, max_size=12)
    return st.dictionaries(users, entries, min_size=1, max_size=9)


def named(preferences, found):
    ids = [preferences.users.id(row) for row in found.rows.tolist()]
    return list(zip(ids, found.similarities.tolist(), strict=True))


def by_item(preferences, scores):
    items = preferences.items
    return {items.id(row): scores[row] for row in range(items.capacity) if items.alive[row]}


def check_user(preferences, ratings, user, k, similarity, g):
    user_based = UserBased(preferences)
    profile = preferences.profile(user, g=g)
    found = user_based.neighbours(profile, Neighbourhood(k=k, similarity=similarity), g=g)
    expected = brute_force.neighbours(ratings, user, k, similarity, g=g)
    assert [v for v, _ in named(preferences, found)] == [v for v, _ in expected]
    assert found.similarities == pytest.approx([s for _, s in expected], abs=1e-9)
    scores = by_item(preferences, user_based.scores(profile, found, g=g))
    wanted = brute_force.user_scores(ratings, expected, g) if expected else {}
    assert scores == pytest.approx({item: wanted.get(item, 0.0) for item in scores}, abs=1e-9)
    predicted = by_item(preferences, user_based.predict(profile, found, g=g))
    rated = {item: value for item, value in predicted.items() if not np.isnan(value)}
    wanted = brute_force.predictions(ratings, expected, g) if expected else {}
    assert rated == pytest.approx(wanted, abs=1e-9)


@settings(max_examples=150)
@given(
    tables(EIGHTHS), st.integers(1, 6), st.sampled_from(MEASURES), st.sampled_from([1.0, 0.25, 8.0])
)
def test_equals_brute_force(ratings, k, similarity, g):
    preferences = from_ratings(ratings)
    for user in ratings:
        check_user(preferences, ratings, user, k, similarity, g)


@settings(max_examples=100)
@given(tables(FRACTIONS), st.sampled_from(MEASURES), st.sampled_from([1.0, 0.7, 3.3]))
def test_fractional_values_equal_brute_force(ratings, similarity, g):
    preferences = from_ratings(ratings)
    user_based = UserBased(preferences)
    for user in ratings:
        profile = preferences.profile(user, g=g)
        found = user_based.neighbours(profile, Neighbourhood(k=20, similarity=similarity), g=g)
        expected = dict(brute_force.neighbours(ratings, user, 20, similarity, g=g))
        assert dict(named(preferences, found)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("similarity", MEASURES)
@pytest.mark.parametrize("n_users", [25, 400])  # a dense pass; a list of touched users
def test_changes_in_any_order_equal_a_rebuild_and_brute_force(similarity, n_users):
    rng = random.Random(n_users)
    preferences, ratings = empty(), {}
    for _ in range(3000):
        user, item = f"user-{rng.randrange(n_users)}", f"item-{rng.randrange(300)}"
        if rng.random() < 0.7:
            value, implied = rng.randrange(1, 41) / 8, rng.random() < 0.3
            preferences.put(user, item, value, implied=implied)
            ratings.setdefault(user, {})[item] = (value, implied)
        else:
            preferences.remove(user, item)
            ratings.get(user, {}).pop(item, None)
    ratings = {user: entries for user, entries in ratings.items() if entries}
    shuffled = list(ratings.items())
    rng.shuffle(shuffled)
    for user in rng.sample(sorted(ratings), 8):
        check_user(preferences, ratings, user, 10, similarity, 0.5)
        check_user(from_ratings(dict(shuffled)), ratings, user, 10, similarity, 0.5)


@pytest.mark.parametrize(
    ("x", "y", "cosine", "pearson"),
    [
        ((4, 3, 5), (5, 5, 4), 55 / (50 * 66) ** 0.5, None),
        ((4, 5, 2, 1, 3), (3, 4, 1, 5, 2), 45 / 55, 0.0),
        ((4, 5, 2, 1, 3), (2, 3, 4, 5, 1), 39 / 55, None),
    ],
)
def test_worked_answers(x, y, cosine, pearson):
    rows = [("ann", f"i{n}", value) for n, value in enumerate(x)]
    preferences = filled(rows + [("bob", f"i{n}", value) for n, value in enumerate(y)])
    user_based, profile = UserBased(preferences), preferences.profile("ann")
    assert user_based.neighbours(profile, Neighbourhood(k=1)).similarities == pytest.approx(
        [cosine]
    )
    if pearson is not None:
        found = user_based.neighbours(profile, Neighbourhood(k=1, similarity="pearson"))
        assert found.rows.size == 0  # a correlation of 0 makes nobody a neighbour


@pytest.mark.parametrize("prefix", ["", "a-long-name-of-a-shopper-"])
def test_ties_go_to_the_smaller_id_whatever_the_order(prefix):
    names = [f"{prefix}{letter * 9}{n}" for letter in "yx" for n in range(4)]
    for seed in range(5):
        rows = [(name, "tea", 4.0) for name in [*names, "me", f"{prefix}zz"]]
        random.Random(seed).shuffle(rows)
        preferences = filled(rows)
        found = UserBased(preferences).neighbours(preferences.profile("me"), Neighbourhood(k=5))
        assert [name for name, _ in named(preferences, found)] == sorted(names)[:5]


def test_min_similarity_is_inclusive_and_survives_rounding():
    preferences = filled(
        [("me", "a", 1), ("me", "b", 1), ("v", "a", 1), ("w", "a", 1), ("w", "c", 1)]
    )
    user_based, profile = UserBased(preferences), preferences.profile("me")
    found = user_based.neighbours(
        profile, Neighbourhood(k=9, similarity="jaccard", min_similarity=0.5)
    )
    assert named(preferences, found) == [("v", 0.5)]
    found = user_based.neighbours(profile, Neighbourhood(k=9, min_similarity=0.5))
    assert [name for name, _ in named(preferences, found)] == ["v", "w"]
    assert user_based.neighbours(profile, Neighbourhood(k=0)).rows.size == 0
    with pytest.raises(ValueError, match="jaccard"):
        user_based.neighbours(profile, Neighbourhood(k=9, similarity="euclid"))


def test_never_recommends_what_the_mask_leaves_out():
    preferences = filled(
        [("me", "tea", 5), ("v", "tea", 5), ("v", "oil", 4), ("w", "tea", 4), ("w", "jam", 3)]
    )
    user_based, profile = UserBased(preferences), preferences.profile("me")
    allowed = np.ones(preferences.items.capacity, np.uint8)
    allowed[profile.items] = 0
    scores = user_based.scores(profile, user_based.neighbours(profile, Neighbourhood(k=9)))
    rows = ranking.top_n(scores, preferences.items, n=9, allowed=allowed, positive=True)
    assert [preferences.items.id(row) for row in rows.tolist()] == ["oil", "jam"]


def test_an_anonymous_session_is_compared_like_a_shopper():
    preferences = filled([("v", "tea", 5), ("v", "oil", 4), ("w", "jam", 3)])
    user_based, profile = UserBased(preferences), preferences.session_profile({"tea": 1.0})
    found = user_based.neighbours(profile, Neighbourhood(k=9))
    assert named(preferences, found) == [("v", pytest.approx(5 / 41**0.5))]
    nothing = preferences.session_profile({})
    assert user_based.neighbours(nothing, Neighbourhood(k=9)).rows.size == 0
    none = user_based.neighbours(nothing, Neighbourhood(k=9))
    assert not user_based.scores(nothing, none).any()


@pytest.mark.parametrize("similarity", MEASURES)
def test_shares_of_an_explanation_sum_to_one(similarity):
    rng = random.Random(3)
    rows = [
        (f"u{u}", f"i{rng.randrange(25)}", rng.randrange(1, 6))
        for u in range(30)
        for _ in range(12)
    ]
    preferences = filled(rows)
    user_based, profile = UserBased(preferences), preferences.profile("u0")
    found = user_based.neighbours(profile, Neighbourhood(k=10, similarity=similarity))
    scores = user_based.scores(profile, found)
    why = user_based.explain(profile, found, int(np.argmax(scores)), similarity=similarity)
    assert why.user_shares.sum() == pytest.approx(1) and why.item_shares.sum() == pytest.approx(1)
    assert set(why.users.tolist()) <= set(found.rows.tolist())
    assert set(why.items.tolist()) <= set(profile.items.tolist())
    assert (np.diff(why.user_shares) <= 0).all() and (np.diff(why.item_shares) <= 0).all()


def test_shares_counted_by_hand():
    preferences = filled(
        [
            ("me", "a", 1),
            ("me", "b", 2),
            ("v", "a", 2),
            ("v", "b", 1),
            ("v", "new", 5),
            ("w", "c", 1),
        ]
    )
    user_based, profile = UserBased(preferences), preferences.profile("me")
    found = user_based.neighbours(profile, Neighbourhood(k=9))
    why = user_based.explain(profile, found, preferences.items.row("new"))
    assert [preferences.users.id(row) for row in why.users] == ["v"]
    assert why.user_shares.tolist() == [1.0] and why.item_shares.tolist() == [0.5, 0.5]
    nobody = user_based.explain(profile, found, preferences.items.row("c"))
    assert nobody.users.size == nobody.items.size == 0


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
