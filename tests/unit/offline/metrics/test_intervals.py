"""Intervals of means, and whether two ways differ."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test

from app.offline.metrics import intervals
from app.offline.metrics.intervals import bootstrap_means, holm, paired_p_values


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(1).exponential(size=(80, 1))
    low, high = bootstrap_means(values, seed=3, draws=20_000)
    other = bootstrap(
        (values[:, 0],), np.mean, n_resamples=20_000, method="percentile", rng=5, batch=1000
    ).confidence_interval
    assert low[0] == pytest.approx(other.low, abs=0.01)
    assert high[0] == pytest.approx(other.high, abs=0.01)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    rng = np.random.default_rng(8)
    low, high = bootstrap_means(rng.normal(size=(60, 600)), seed=1, draws=1000)
    share = ((low <= 0) & (high >= 0)).mean()
    assert 0.91 < share < 0.98


def test_users_without_a_value_are_left_out():
    values = np.array([[1.0, np.nan], [1.0, np.nan], [np.nan, np.nan]])
    low, high = bootstrap_means(values, seed=0)
    assert (low[0], high[0]) == (1.0, 1.0)
    assert np.isnan([low[1], high[1]]).all()


def test_nobody_at_all():
    low, high = bootstrap_means(np.empty((0, 2)), seed=0)
    assert np.isnan([low, high]).all()
    assert paired_p_values(np.empty((0, 2)), seed=0).tolist() == [1.0, 1.0]


def test_small_blocks_of_draws_say_the_same_of_everybody(monkeypatch):
    values = np.random.default_rng(1).random((50, 2))
    whole = bootstrap_means(values, seed=3, draws=500)
    monkeypatch.setattr(intervals, "_CELLS", 120)
    assert np.allclose(bootstrap_means(values, seed=3, draws=500), whole)


def test_one_seed_one_answer():
    values = np.random.default_rng(1).random((50, 2))
    assert np.array_equal(bootstrap_means(values, seed=3), bootstrap_means(values, seed=3))
    differences = values - 0.45
    assert np.array_equal(
        paired_p_values(differences, seed=3), paired_p_values(differences, seed=3)
    )


def test_p_values_are_those_of_all_signs():
    differences = np.array([0.5, 0.1, -0.2, 0.4, 0.3, -0.1, 0.6])
    sums = [abs(np.dot(signs, differences)) for signs in product([1, -1], repeat=7)]
    exact = np.mean([total >= abs(differences.sum()) - 1e-12 for total in sums])
    found = paired_p_values(differences[:, None], seed=2, draws=40_000)
    assert found[0] == pytest.approx(exact, abs=0.01)


def test_p_values_are_those_of_scipy():
    differences = np.random.default_rng(6).normal(0.15, 1.0, 120)
    other = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1, batch=500
    )
    found = paired_p_values(differences[:, None], seed=2, draws=20_000)
    assert found[0] == pytest.approx(other.pvalue, abs=0.015)


def test_no_difference_and_a_plain_one():
    differences = np.column_stack([np.zeros(40), np.full(40, 0.2), np.full(40, np.nan)])
    assert paired_p_values(differences, seed=1, draws=999).tolist() == [1.0, 0.001, 1.0]


def test_where_nothing_differs_one_in_twenty_says_it_does():
    rng = np.random.default_rng(9)
    found = paired_p_values(rng.normal(size=(50, 800)), seed=1, draws=999)
    assert 0.03 < (found < 0.05).mean() < 0.075


def test_holm_by_hand():
    found = holm(np.array([0.04, 0.01, np.nan, 0.03]))
    assert found[[0, 1, 3]].tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert np.isnan(found[2])


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_rejects_what_its_steps_reject(drawn):
    found = holm(np.array(drawn, float))
    for level in (0.01, 0.05, 0.3):
        order = sorted(range(len(drawn)), key=drawn.__getitem__)
        rejected = set()
        for step, at in enumerate(order):
            if drawn[at] * (len(drawn) - step) > level:
                break
            rejected.add(at)
        assert {at for at in range(len(drawn)) if found[at] <= level} == rejected
