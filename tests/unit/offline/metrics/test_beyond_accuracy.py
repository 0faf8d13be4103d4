"""What lists are like besides being right, and who gets shown."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from app.offline.metrics.beyond_accuracy import (
    diversity,
    exposure,
    gini,
    item_coverage,
    novelty,
    popularity_lift,
    popularity_percentile,
    serendipity,
    tier_shares,
    tiers,
)

RANKED = np.array([[0, 1, 2], [0, 3, -1], [-1, -1, -1]], np.int32)
POPULARITY = np.array([8.0, 4.0, 2.0, 2.0, 0.0])


def codes(*items):
    return np.array(items, np.int32)


def test_item_coverage_counts_an_item_once():
    assert item_coverage(RANKED, n_items=5) == 0.8
    assert math.isnan(item_coverage(RANKED, n_items=0))


def test_diversity_by_category():
    by_category = csr_matrix([[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]])
    found = diversity(RANKED, by_category)
    assert found[:2].tolist() == pytest.approx([1 - 1 / 3, 1.0])
    assert math.isnan(found[2])


def test_items_without_features_are_not_alike():
    assert diversity(codes(0, 1)[None], csr_matrix((2, 1)))[0] == 1.0


@given(
    arrays(np.float64, (6, 3), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
    st.lists(st.integers(0, 5), unique=True, min_size=2, max_size=6),
)
def test_diversity_is_that_of_all_pairs(vectors, shown):
    def cosine(a, b):
        size = np.linalg.norm(a) * np.linalg.norm(b)
        return a @ b / size if size else 0.0

    pairs = [cosine(vectors[a], vectors[b]) for a, b in combinations(shown, 2)]
    found = diversity(codes(*shown)[None], csr_matrix(vectors))
    assert found[0] == pytest.approx(1 - np.mean(pairs), abs=1e-12)


def test_novelty_is_in_bits():
    found = novelty(RANKED, POPULARITY)
    assert found[:2].tolist() == pytest.approx([(1 + 2 + 3) / 3, (1 + 3) / 2])
    assert math.isnan(found[2])


def test_what_nobody_took_is_as_new_as_what_one_took():
    assert novelty(codes(4)[None], POPULARITY).tolist() == [4.0]


def test_serendipity_is_right_and_not_expected():
    expected = np.tile(codes(0, 1), (3, 1))
    relevant = [codes(0, 2, 4), codes(), codes(1)]
    found = serendipity(RANKED, relevant, expected)
    assert found[[0, 2]].tolist() == pytest.approx([1 / 3, 0.0])
    assert math.isnan(found[1])


def test_popularity_percentile_shares_the_mean_of_equal_places():
    found = popularity_percentile(RANKED, POPULARITY)
    assert found[:2].tolist() == pytest.approx([(1 + 0.75 + 0.375) / 3, (1 + 0.375) / 2])
    assert math.isnan(found[2])


def test_popularity_lift_is_against_the_own_profile():
    found = popularity_lift(RANKED[:2], [codes(1), codes()], POPULARITY)
    assert found[0] == pytest.approx((14 / 3) / 4 - 1)
    assert math.isnan(found[1])


amounts = st.lists(st.integers(0, 40), min_size=1, max_size=25).map(
    lambda drawn: np.array(drawn, float)
)


def test_exposure_counts_places():
    ranked = np.array([[0, 2], [2, -1]], np.int32)
    assert exposure(ranked, n_items=4).tolist() == [1, 0, 2, 0]


def test_gini_at_its_ends():
    assert gini(np.ones(10)) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0, 0, 8])) == pytest.approx(0.75)
    assert math.isnan(gini(np.zeros(3)))


@given(amounts)
def test_gini_is_the_mean_difference_of_all_pairs(drawn):
    if drawn.sum():
        apart = np.abs(drawn[:, None] - drawn[None, :]).mean() / (2 * drawn.mean())
        assert gini(drawn) == pytest.approx(apart, abs=1e-12)


def test_tiers_of_ten_interactions():
    # 2 of 10 are the head; what begins at 8 of 10 or has none is the tail.
    assert tiers(np.array([1.0, 2, 0, 1, 4, 1, 1])).tolist() == [1, 1, 2, 1, 0, 2, 2]


@given(amounts)
def test_the_head_is_more_popular_than_the_middle_and_this_than_the_tail(drawn):
    found = tiers(drawn)
    groups = [drawn[found == tier] for tier in range(3)]
    for above, below in ((0, 1), (0, 2), (1, 2)):
        assert min(groups[above], default=math.inf) >= max(groups[below], default=-math.inf)
    assert not drawn.sum() or groups[0].sum() >= 0.2 * drawn.sum()


def test_shares_of_the_tiers():
    popularity = np.array([6.0, 2.0, 1.0, 1.0])
    shares = tier_shares(np.array([[0, 1], [0, 3]], np.int32), popularity)
    assert shares.items.tolist() == [0.25, 0.25, 0.5]
    assert shares.interactions.tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert shares.exposure.tolist() == [0.5, 0.25, 0.25]


def test_shares_of_nothing_are_not_a_number():
    shares = tier_shares(np.full((2, 3), -1, np.int32), np.array([2.0, 1.0]))
    assert np.isnan(shares.exposure).all()
