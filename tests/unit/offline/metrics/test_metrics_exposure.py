"""Who gets shown."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offline.metrics.metrics_beyond import exposure, gini, tier_shares, tiers

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
