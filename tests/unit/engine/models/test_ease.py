"""EASE equals the constrained regression it is the closed form of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_matrix

from app.engine.models import ease as module
from app.engine.models.ease import Ease, EaseParameters, fit_ease

VALUES = st.sampled_from([-2.0, 0.0, 0.0, 1.0, 3.0, 5.0])
SHOPS = arrays.arrays(np.float32, st.tuples(st.integers(1, 7), st.integers(1, 6)), elements=VALUES)


def by_regression(values, l2, power, damping):
    """Predict each item from all others by ridge regression, one column at a time."""
    liked = np.where(values > 0, np.abs(values.astype(float)) ** power, 0.0)
    weights = np.maximum((liked > 0).sum(axis=1), 1.0) ** -damping
    found = np.zeros((liked.shape[1],) * 2)
    for item in range(liked.shape[1]):
        others = [other for other in range(liked.shape[1]) if other != item]
        x = liked[:, others]
        gram = x.T @ (x * weights[:, None]) + l2 * np.eye(len(others))
        found[others, item] = np.linalg.solve(gram, x.T @ (weights * liked[:, item]))
    return found


@pytest.mark.slow
@given(
    SHOPS,
    st.floats(0.5, 20.0),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([1, 2, 256]),
)
def test_weights_are_those_of_the_regression(values, l2, power, damping, rows_at_once):
    parameters = EaseParameters(l2=l2, power=power, damping=damping)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", rows_at_once)
        model = fit_ease(csr_matrix(values), parameters=parameters)
    expected = by_regression(values, l2, power, damping)
    np.testing.assert_allclose(model.weights, expected, rtol=1e-4, atol=1e-5)
    assert not model.weights.diagonal().any()


def test_a_score_is_the_sum_of_the_rows_of_what_is_liked():
    values = np.random.default_rng(1).integers(0, 6, (30, 8)).astype(np.float32)
    model = fit_ease(csr_matrix(values), parameters=EaseParameters(l2=5.0, power=0.5))
    scores = model.scores(np.array([2, 5, 7], np.int32), np.array([4.0, -1.0, 1.0]))
    np.testing.assert_allclose(scores, 2.0 * model.weights[2] + model.weights[7], rtol=1e-6)


def test_what_counts_more_now_adds_more():
    values = np.random.default_rng(1).integers(0, 2, (30, 8)).astype(np.float32)
    model = fit_ease(csr_matrix(values), parameters=EaseParameters(l2=5.0))
    asked = np.array([2, 7], np.int32), np.ones(2)
    scores = model.scores(*asked, weights=np.array([3.0, 1.0]))
    np.testing.assert_allclose(scores, 1.5 * model.weights[2] + 0.5 * model.weights[7], rtol=1e-6)
    assert model.shares(*asked, 4, weights=np.array([3.0, 1.0])).sum() == pytest.approx(scores[4])


@pytest.mark.slow
@given(SHOPS, st.integers(1, 7))
def test_of_too_many_items_it_is_the_fit_to_those_that_most_users_like(values, most):
    counts = (values > 0).sum(axis=0)
    kept = sorted(sorted(range(values.shape[1]), key=lambda item: -counts[item])[:most])
    model = fit_ease(csr_matrix(values), parameters=EaseParameters(l2=5.0, power=0.5, most=most))
    alone = fit_ease(csr_matrix(values[:, kept]), parameters=EaseParameters(l2=5.0, power=0.5))
    assert model.columns.tolist() == kept and model.n_items == values.shape[1]
    np.testing.assert_array_equal(model.weights, alone.weights)
    items, strong = np.arange(values.shape[1], dtype=np.int32), np.full(values.shape[1], 4.0)
    scores = model.scores(items, strong)
    np.testing.assert_allclose(scores[kept], 2.0 * alone.weights.sum(axis=0), atol=1e-6)
    assert not np.delete(scores, kept).any()
    for item in items.tolist():
        shares = model.shares(items, strong, item)
        assert shares.size == (items.size if item in kept else 0)
        assert shares.sum() == pytest.approx(scores[item], abs=1e-5)


def test_who_likes_only_what_it_has_not_learned_about_is_unknown():
    values = np.ones((4, 3), np.float32)
    values[0, 1] = 0.0
    model = fit_ease(csr_matrix(values), parameters=EaseParameters(most=2))
    assert model.columns.tolist() == [0, 2]
    assert model.scores(np.array([1], np.int32), np.ones(1)) is None


def test_arrays_that_do_not_fit_are_refused():
    arrays = fit_ease(csr_matrix(np.ones((3, 4), np.float32))).arrays()
    with pytest.raises(ValueError, match="do not fit 3 items"):
        Ease.restore(arrays | {"columns": np.arange(3, dtype=np.int32)})


def test_a_shop_without_items_or_users_is_fitted_too():
    assert fit_ease(csr_matrix((3, 0), dtype=np.float32)).n_items == 0
    assert not fit_ease(csr_matrix((0, 4), dtype=np.float32)).weights.any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("l2", 0.0),
        ("l2", -1.0),
        ("l2", float("nan")),
        ("power", -1.0),
        ("damping", 1.5),
        ("most", 0),
    ],
)
def test_parameters_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is out of range"):
        EaseParameters(**{name: value})
