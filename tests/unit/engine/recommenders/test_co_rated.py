"""Co-rating, and what the same shoppers like, against counting by hand."""

import random
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.recommenders import co_rated
from app.engine.recommenders.co_rated import CoRated, CoRating, co_liked
from tests.unit.engine.builders import empty, filled, from_ratings

VALUES = st.sampled_from([-2.0, 0.5, 1.0, 3.0, 5.0])
TABLES = st.dictionaries(
    st.text(st.sampled_from("uvw-é"), min_size=1, max_size=10),
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(VALUES, st.booleans()), min_size=1),
    min_size=1,
    max_size=8,
)
KNOBS = st.sampled_from(
    [
        CoRating(),
        CoRating(k=1),
        CoRating(k=2, rarity=1.0, damping=1.0, exponent=1.0, novelty=0.75),
        CoRating(rarity=0.0, damping=0.0, exponent=2.0, novelty=0.0),
    ]
)


def by_hand(ratings, me, knobs, g=1.0):
    """Return the scores, and how much each of the shopper's items adds to each."""
    mine = {i: v if implied else g * v for i, (v, implied) in ratings[me].items()}
    raters = {i: sum(i in entries for entries in ratings.values()) for i in "abcdefgh"}
    bits = {
        (v, j): mine[j] / raters[j] ** knobs.rarity / len(entries) ** knobs.damping
        for v, entries in ratings.items()
        for j in mine.keys() & entries.keys()
        if v != me and entries[j][0] > 0
    }
    reach = {v: sum(bit for (w, _), bit in bits.items() if w == v) for v, _ in bits}
    most = max(reach.values(), default=1.0)
    near = {v: reached / most for v, reached in reach.items() if reached > 1e-12}
    chosen = sorted(near, key=lambda v: (-round(near[v], 12), v))[: knobs.k]
    total = sum(near[v] ** knobs.exponent for v in chosen) or 1.0
    scores, amounts = dict.fromkeys(raters, 0.0), {}
    for v in chosen:
        for i in (i for i, (value, _) in ratings[v].items() if value > 0):
            weight = near[v] ** knobs.exponent / total / raters[i] ** knobs.novelty
            scores[i] += weight
            for j in (j for w, j in bits if w == v):
                amounts[i, j] = amounts.get((i, j), 0.0) + weight * bits[v, j] / reach[v]
    return scores, amounts


def check(preferences, ratings, user, knobs, g):
    co_rated, profile = CoRated(preferences), preferences.profile(user, g=g)
    scores = co_rated.scores(profile, knobs)
    wanted, amounts = by_hand(ratings, user, knobs, g)
    items = preferences.items
    alive = [row for row in range(items.capacity) if items.alive[row]]
    found = {items.id(row): scores[row] for row in alive}
    assert found == pytest.approx({item: wanted[item] for item in found}, abs=1e-9)
    for row in alive:
        rows, parts = co_rated.explain(profile, row, knobs)
        told = dict(zip([items.id(r) for r in rows.tolist()], parts.tolist(), strict=True))
        brought = {j: a for (i, j), a in amounts.items() if i == items.id(row) and a > 0}
        total = sum(brought.values())
        assert told == pytest.approx({j: a / total for j, a in brought.items()}, abs=1e-9)
        assert (np.diff(parts) <= 0).all()


@settings(max_examples=150)
@given(TABLES, KNOBS, st.sampled_from([1.0, 0.25, 8.0]))
def test_equals_counting_by_hand(ratings, knobs, g):
    preferences = from_ratings(ratings)
    for user in ratings:
        check(preferences, ratings, user, knobs, g)


@pytest.mark.parametrize("k", [3, 1000])
def test_changes_in_any_order_equal_a_rebuild(k):
    rng, preferences, ratings = random.Random(k), empty(), {}
    for _ in range(2500):
        user, item = f"user-{rng.randrange(60)}", rng.choice("abcdefgh")
        if rng.random() < 0.6:
            value, implied = rng.randrange(-8, 41) / 8 or 1.0, rng.random() < 0.3
            preferences.put(user, item, value, implied=implied)
            ratings.setdefault(user, {})[item] = (value, implied)
        else:
            preferences.remove(user, item)
            ratings.get(user, {}).pop(item, None)
    ratings = {user: entries for user, entries in ratings.items() if entries}
    shuffled = list(ratings.items())
    rng.shuffle(shuffled)
    for user in rng.sample(sorted(ratings), 5):
        for state in (preferences, from_ratings(dict(shuffled))):
            check(state, ratings, user, CoRating(k=k), 0.5)


def test_without_powers_it_is_the_sum_of_cosines_of_items():
    rows = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "x"), ("c", "z"), ("d", "z")]
    preferences = filled([(user, item, 1.0) for user, item in rows])
    profile = preferences.session_profile({"x": 1.0})
    knobs = CoRating(rarity=0.5, damping=0.0, exponent=1.0, novelty=0.5)
    scores = CoRated(preferences).scores(profile, knobs)
    y, z = (scores[preferences.items.row(name)] for name in "yz")
    assert y / z == pytest.approx((2 / (3 * 2) ** 0.5) / (1 / (3 * 2) ** 0.5))


def test_nothing_is_known_of_an_empty_profile_or_of_items_nobody_else_has():
    preferences = filled([("a", "x", 5), ("b", "y", 5)])
    co_rated = CoRated(preferences)
    for profile in (preferences.session_profile({}), preferences.profile("a")):
        assert not co_rated.scores(profile).any()
        assert co_rated.explain(profile, preferences.items.row("y"))[0].size == 0


OPINIONS = st.sampled_from([-2.0, 1.0, 3.0, 5.0])
LIKES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("wxyz"), OPINIONS), max_size=20
)


def read(preferences, item):
    row = preferences.items.row(item)
    found = co_liked(preferences, row)
    rows = {name: preferences.items.row(name) for name in "wxyz"}
    known = {name: row for name, row in rows.items() if row is not None}
    return found.likers.size, {
        name: (found.counts[row], found.similarity[row]) for name, row in known.items()
    }


@given(LIKES)
def test_likers_of_both_equal_counting_by_hand(rows):
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


def test_of_many_likers_those_count_who_like_it_most(monkeypatch):
    monkeypatch.setattr(co_rated, "MOST_LIKERS", 2)
    rows = [("a", "x", 1), ("b", "x", 5), ("c", "x", 3), ("d", "x", 3)]
    also = [("b", "y", 5), ("c", "y", 5), ("a", "z", 5), ("d", "z", 5)]
    for order in (1, -1):
        likers, found = read(filled([*rows, *also][::order]), "x")
        assert likers == 2
        assert found["y"] == (2, pytest.approx(1))  # 4 of 4 as estimated; at most 1
        assert found["z"] == (0, 0)


def test_implied_likes_count_as_well():
    preferences = filled([("a", "x", 5), ("b", "y", 4)])
    preferences.put("a", "y", 0.25, implied=True)
    assert read(preferences, "x")[1]["y"] == (1, pytest.approx(1 / sqrt(2)))
