"""Predicted ratings: the sampler's steps against plain algebra, and what it learns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.models.rating_sampler import Side, draw
from app.engine.models.ratings import UNKNOWN, RatingParameters, Ratings, fit_rating_prediction

QUICK = RatingParameters(dimensions=2, warm_up=10, draws=10)
N_USERS, N_ITEMS = 60, 40


def planted(seed=3):
    """Ratings from two factors and biases, a third of all pairs."""
    rng = np.random.default_rng(seed)
    left, right = rng.standard_normal((N_USERS, 2)), rng.standard_normal((N_ITEMS, 2))
    biases = rng.standard_normal((N_USERS, 1)), rng.standard_normal(N_ITEMS)
    whole = 3.0 + 0.3 * biases[0] + 0.3 * biases[1] + 0.7 * left @ right.T
    users, items = np.nonzero(rng.random(whole.shape) < 0.5)
    noise = 0.1 * rng.standard_normal(users.size)
    ratings = np.clip(whole[users, items] + noise, 1.0, 5.0)
    return users.astype(np.int32), items.astype(np.int32), ratings


def fitted(users, items, ratings, **changes):
    return fit_rating_prediction(
        users, items, ratings, n_users=N_USERS, n_items=N_ITEMS, parameters=QUICK, **changes
    )


def rmse(found, wanted):
    return float(np.sqrt(np.mean((found - wanted) ** 2)))


@settings(max_examples=50)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_a_draw_has_the_mean_and_the_covariance_it_should(size, seed):
    rng = np.random.default_rng(seed)
    half, pull = rng.standard_normal((size, size)), rng.standard_normal(size)
    precision = half @ half.T + np.eye(size)
    mean = draw(precision.copy(), pull, np.zeros(size))
    assert mean == pytest.approx(np.linalg.solve(precision, pull))
    apart = [draw(precision.copy(), pull, noise) - mean for noise in np.eye(size)]
    covariance = sum(np.outer(each, each) for each in apart)
    assert covariance == pytest.approx(np.linalg.inv(precision))


def test_pulls_stay_in_step_with_the_residuals_through_every_draw():
    users, items, ratings = planted()
    rng = np.random.default_rng(1)
    left = Side(users, items, (N_USERS, N_ITEMS), 2, 0, rng)
    right = Side(items, users, (N_ITEMS, N_USERS), 2, 1, rng)
    for side, other, rows, columns in ((left, right, users, items), (right, left, items, users)):
        for _ in range(3):
            before = ratings - (side.vectors[rows] * other.vectors[columns]).sum(axis=1)
            side.sweep(before, other, np.ones(1), rng)
            after = ratings - (side.vectors[rows] * other.vectors[columns]).sum(axis=1)
            pulls = np.zeros(side._pulls.shape)
            np.add.at(pulls, rows, after[:, None] * other.vectors[columns][:, side._free])
            assert side._pulls == pytest.approx(pulls, abs=1e-9)
            implied = np.zeros(side._own.shape)
            np.add.at(implied, rows, side.implied[columns])
            counts = np.bincount(rows, minlength=len(implied))[:, None]
            whole = side._own + implied / np.sqrt(np.maximum(counts, 1))
            assert side.vectors == pytest.approx(side.placed(whole), abs=1e-9)


def test_it_finds_what_was_planted():
    users, items, ratings = planted()
    held = np.random.default_rng(0).random(ratings.size) < 0.2
    model = fitted(users[~held], items[~held], ratings[~held])
    error = rmse(model.predict_pairs(users[held], items[held]), ratings[held])
    assert error < 0.3 < 0.5 * rmse(ratings[~held].mean(), ratings[held])


def test_somebody_folded_in_is_predicted_as_if_they_had_been_there():
    users, items, ratings = planted()
    late, held = users % 4 == 0, np.random.default_rng(0).random(ratings.size) < 0.3
    model = fitted(users[~late], items[~late], ratings[~late])
    whole = fitted(users[~(late & held)], items[~(late & held)], ratings[~(late & held)])
    found, known = [], []
    for user in range(0, N_USERS, 4):
        said, asked = (np.flatnonzero((users == user) & part) for part in (~held, held))
        found.append(model.predict(items[said], ratings[said], items[asked]))
        backwards = model.predict(items[said[::-1]], ratings[said[::-1]], items[asked])
        assert found[-1] == pytest.approx(backwards, abs=1e-5)
        known.append(whole.predict_pairs(users[asked], items[asked]))
    wanted = ratings[np.concatenate([np.flatnonzero((users == u) & held) for u in range(0, 60, 4)])]
    errors = rmse(np.concatenate(found), wanted), rmse(np.concatenate(known), wanted)
    assert errors[0] == pytest.approx(errors[1], rel=0.2)


def test_nothing_known_of_a_shopper_is_the_prior_and_of_an_item_too():
    users, items, ratings = planted()
    model = fitted(users, items, ratings)
    wanted = np.arange(N_ITEMS, dtype=np.int32)
    nobody = model.predict(np.empty(0, np.int32), np.empty(0), wanted)
    unknown = model.predict_pairs(np.full(N_ITEMS, UNKNOWN, np.int32), wanted)
    assert nobody == pytest.approx(unknown, abs=1e-5)
    means = np.bincount(items, ratings) / np.bincount(items)
    assert np.corrcoef(nobody, means)[0, 1] > 0.6
    pair = model.predict_pairs(np.array([UNKNOWN]), np.array([UNKNOWN]))
    assert pair == pytest.approx(ratings.mean(), abs=0.5)


def test_the_same_seed_gives_the_same_model_and_arrays_restore_it():
    users, items, ratings = planted()
    heard = []
    first = fitted(users, items, ratings, progress=lambda done, of: heard.append((done, of)))
    again = fitted(users, items, ratings)
    assert heard == [(done, 30) for done in range(1, 31)]
    restored = Ratings.restore(first.arrays())
    for name, array in first.arrays().items():
        assert np.array_equal(array, again.arrays()[name])
        assert np.array_equal(array, restored.arrays()[name])


def test_predictions_stay_on_the_scale_that_was_seen():
    users, items, ratings = planted()
    model = fitted(users, items, ratings)
    rows, columns = (each.ravel().astype(np.int32) for each in np.indices((N_USERS, N_ITEMS)))
    found = model.predict_pairs(rows, columns)
    assert found.min() >= ratings.min() and found.max() <= ratings.max()
