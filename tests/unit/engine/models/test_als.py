"""The factors bring down what they are said to minimise, and a shopper is solved exactly."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from app.engine.models.als import AlsParameters, fit_als

SMALL = AlsParameters(dimensions=3, epochs=4, regularisation=0.05, unobserved=0.2, seed=2)


def shop(seed=0, users=20, items=9):
    random = np.random.default_rng(seed)
    return (random.integers(1, 6, (users, items)) * (random.random((users, items)) < 0.4)).astype(
        np.float32
    )


def loss_of_shopper(row, factors, values, chosen):
    """The part of the loss that a shopper's own factors change, pair by pair."""
    total = 0.0
    for item, value in enumerate(values):
        score = row @ factors[item]
        total += chosen.unobserved * score**2
        if value > 0:
            total += value**chosen.power * (1.0 - score) ** 2
    n = (values > 0).sum() + chosen.unobserved * len(values)
    return total + chosen.regularisation * n**chosen.exponent * (row @ row)


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from([0.0, 1.0]), st.sampled_from([0.5, 1.0]))
def test_a_shopper_is_scored_by_the_factors_that_suit_them_best(seed, power, exponent):
    chosen = AlsParameters(
        dimensions=3, epochs=2, regularisation=0.05, unobserved=0.2, power=power, exponent=exponent
    )
    values = shop(seed)
    model = fit_als(csr_matrix(values), parameters=chosen)
    factors = model.factors.astype(float)
    best = minimize(loss_of_shopper, np.zeros(3), args=(factors, values[0], chosen), tol=1e-10)
    items = np.flatnonzero(values[0]).astype(np.int32)
    scores = model.scores(items, values[0][items].astype(float))
    if scores is None:
        assert not items.size
    else:
        np.testing.assert_allclose(scores, factors @ best.x, atol=1e-4)


def whole_loss(model, values, chosen):
    """The loss over all pairs, with every user solved for these item factors."""
    factors, total = model.factors.astype(float), 0.0
    for row in values:
        items = np.flatnonzero(row).astype(np.int32)
        scores = model.scores(items, row[items].astype(float))
        if scores is not None:
            own = np.linalg.lstsq(factors, scores, rcond=None)[0]
            total += loss_of_shopper(own, factors, row, chosen)
    for item, own in enumerate(factors):
        n = (values[:, item] > 0).sum() + chosen.unobserved * len(values)
        total += chosen.regularisation * n**chosen.exponent * (own @ own)
    return total


def test_every_epoch_brings_the_loss_down():
    values = shop(users=40)
    losses = []
    for epochs in (1, 2, 4, 8, 16):
        chosen = AlsParameters(3, epochs, regularisation=0.05, unobserved=0.2)
        losses.append(whole_loss(fit_als(csr_matrix(values), parameters=chosen), values, chosen))
    assert all(later <= earlier * 1.0001 for earlier, later in pairwise(losses))
    assert losses[-1] < losses[0]


def test_another_seed_is_another_model():
    values = csr_matrix(shop())
    one, other = (
        fit_als(values, parameters=AlsParameters(3, 2, seed=seed)).factors for seed in (1, 2)
    )
    assert not np.array_equal(one, other)


def test_what_counts_more_now_counts_as_if_it_were_liked_more():
    values = csr_matrix(shop())
    model = fit_als(values, parameters=SMALL)
    by_value = fit_als(values, parameters=SMALL)
    object.__setattr__(by_value, "power", 1.0)
    items = np.array([0, 3, 4], np.int32)
    weights = np.array([1.5, 0.5, 1.0])
    np.testing.assert_allclose(
        model.scores(items, np.ones(3), weights=weights * 7.0), by_value.scores(items, weights)
    )
    shares = model.shares(items, np.ones(3), 5, weights=weights)
    assert shares.sum() == pytest.approx(by_value.scores(items, weights)[5], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [("dimensions", 0), ("epochs", 0), ("regularisation", 0.0), ("unobserved", -0.1), ("seed", -1)],
)
def test_parameters_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is out of range"):
        AlsParameters(**{name: value})


def test_a_shop_without_items_is_fitted_too():
    model = fit_als(csr_matrix((3, 0), dtype=np.float32), parameters=SMALL)
    assert model.n_items == 0
