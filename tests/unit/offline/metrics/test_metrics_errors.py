"""Predicted ratings against given ones."""

import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from app.offline.metrics.metrics import absolute_error_by_user, rating_errors


def test_a_refusal_lowers_the_coverage_and_nothing_else():
    found = rating_errors(np.array([3.0, math.nan, 5.0, 1.0]), np.array([4.0, 1.0, 5.0, 4.0]))
    expected = {"mae": 4 / 3, "rmse": math.sqrt(10 / 3), "prediction_coverage": 0.75}
    assert found == pytest.approx(expected)


def test_nothing_predicted_and_nothing_asked():
    refused = rating_errors(np.array([math.nan]), np.array([4.0]))
    assert refused["prediction_coverage"] == 0.0 and math.isnan(refused["mae"])
    assert math.isnan(rating_errors(np.empty(0), np.empty(0))["prediction_coverage"])


def test_they_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    predicted, actual = rng.random(50) * 5, rng.random(50) * 5
    found = rating_errors(predicted, actual)
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, predicted))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))


def test_by_user():
    predicted, actual = np.array([3.0, 5.0, math.nan]), np.array([4.0, 3.0, 1.0])
    found = absolute_error_by_user(predicted, actual, np.array([2, 2, 0], np.int32), n_users=3)
    assert np.isnan(found[:2]).all() and found[2] == 1.5


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        rating_errors(np.zeros(2), np.zeros(3))
