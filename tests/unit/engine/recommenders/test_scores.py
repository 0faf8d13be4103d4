"""The hybrid and the popular."""

import numpy as np
import pytest

from app.engine.recommenders.hybrid import scaled, summands
from app.recommender.scorers import popular
from tests import brute_force
from tests.unit.engine.builders import empty, from_ratings


def combine(user, item, *, w_user, w_item, top):
    opinions = {"user": scaled(user, best=top), "item": scaled(item, best=1.0)}
    return sum(summands(opinions, {"user": w_user, "item": w_item}).values())


def test_hybrid_is_the_weighted_mean_of_both_on_one_scale():
    user, item = np.array([5.0, 2.5, 0.0, 9.0]), np.array([0.0, 0.5, 1.0, -0.5])
    combined = combine(user, item, w_user=3, w_item=1, top=5.0)
    assert combined.tolist() == [0.75, 0.5, 0.25, 0.75]
    assert combine(user, item, w_user=0, w_item=2, top=5.0).tolist() == [0.0, 0.5, 1.0, 0.0]


def test_hybrid_shares_the_weight_of_those_that_know_nothing():
    found = summands({"item": np.array([0.5, 1.0])}, {"user": 3.0, "item": 1.0})
    assert found["item"].tolist() == [0.5, 1.0]
    assert scaled(np.array([-1.0, 0.0]), best=0.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("w_user", "w_item"), [(0, 0), (-1, 2), (1, float("nan"))])
def test_hybrid_refuses_weights_without_meaning(w_user, w_item):
    with pytest.raises(ValueError, match="must"):
        combine(np.ones(1), np.ones(1), w_user=w_user, w_item=w_item, top=5)


@pytest.mark.parametrize("g", [1.0, 4.0])
def test_popularity_equals_brute_force(g):
    ratings = {
        "ann": {"tea": (4.0, False), "oil": (0.5, True)},
        "bob": {"tea": (5.0, False)},
        "cat": {"tea": (2.0, True)},
    }
    preferences = from_ratings(ratings)
    found = popular.popularity_scores(preferences, top=5.0, g=g)
    for item in ("tea", "oil"):
        wanted = brute_force.popularity(ratings, item, 5.0, g)
        assert found[preferences.items.row(item)] == pytest.approx(wanted, abs=1e-12)


def test_nobody_means_nothing_is_popular():
    preferences = empty()
    preferences.items.acquire("tea")
    assert popular.popularity_scores(preferences, top=5.0).tolist() == [0.0]
