"""The stored model of predicted ratings: its formula, what it learns, and what it does not hold."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.engine.models.ratings import RatingParameters, Ratings, fit_ratings

QUICK = RatingParameters(dimensions=2, warm_up=10, draws=10)
N_USERS, N_ITEMS = 60, 40


def planted(seed=3):
    """Ratings of half of all pairs, from two factors and the biases of items."""
    rng = np.random.default_rng(seed)
    left, right = rng.standard_normal((N_USERS, 2)), rng.standard_normal((N_ITEMS, 2))
    whole = 3.0 + 0.3 * rng.standard_normal(N_ITEMS) + 0.7 * left @ right.T
    users, items = np.nonzero(rng.random(whole.shape) < 0.5)
    return users, items, np.clip(whole[users, items], 1.0, 5.0)


def fitted(users, items, ratings):
    shape = (N_USERS, N_ITEMS)
    return fit_ratings(csr_matrix((ratings, (users, items)), shape=shape), parameters=QUICK)


def predicted(model, of, asked):
    """Predict the ratings at `asked`, each shopper being known by those at `of`."""
    users, items, ratings = of
    found = np.empty(asked[0].size)
    for user in np.unique(asked[0]):
        own, wanted = users == user, asked[0] == user
        rows, columns = items[own].astype(np.int32), asked[1][wanted].astype(np.int32)
        found[wanted] = model.predict(rows, ratings[own], columns)
    return found


def error(found, wanted):
    return float(np.sqrt(np.mean((found - wanted) ** 2)))


def held_out_error(users, items, ratings):
    """Return the error of ratings held out, and that of the mean of the others."""
    held = np.random.default_rng(5).random(users.size) < 0.2
    known = users[~held], items[~held], ratings[~held]
    found = predicted(fitted(*known), known, (users[held], items[held]))
    return error(found, ratings[held]), error(known[2].mean(), ratings[held])


def by_hand(model, items, ratings, wanted):
    """The mean over draws of: mean + item's bias + (what the choice says + the solution) * item."""
    draws = len(model.prior)
    vectors = model.items.reshape(N_ITEMS + 1, draws, -1).astype(float)
    chosen = model.implied.reshape(N_ITEMS + 1, draws, -1).astype(float)
    told = []
    for draw, (confidence, *of_shoppers) in enumerate(model.prior):
        means, precisions = np.split(np.array(of_shoppers), 2)
        said = chosen[items, draw].sum(axis=0) / np.sqrt(max(len(items), 1))
        biases, factors = vectors[items, draw, 0], vectors[items, draw, 1:]
        left = ratings - model.mean - biases - factors @ said
        precision = np.diag(precisions) + confidence * factors.T @ factors
        solved = np.linalg.solve(precision, precisions * means + confidence * factors.T @ left)
        told.append(
            model.mean + vectors[wanted, draw, 0] + vectors[wanted, draw, 1:] @ (said + solved)
        )
    return np.clip(np.mean(told, axis=0), model.low, model.high)


@pytest.mark.parametrize("n", [0, 1, 12])
def test_a_prediction_is_what_the_formula_says(n):
    users, items, ratings = planted()
    model = fitted(users, items, ratings)
    rows, wanted = items[users == 0][:n].astype(np.int32), np.arange(N_ITEMS, dtype=np.int32)
    said = ratings[users == 0][:n]
    found = model.predict(rows, said, wanted)
    assert found == pytest.approx(by_hand(model, rows, said, wanted), abs=1e-4)


def test_it_learns_what_is_there_and_nothing_from_ratings_that_were_permuted():
    users, items, ratings = planted()
    found, by_mean = held_out_error(users, items, ratings)
    assert found < 0.6 * by_mean
    permuted = np.random.default_rng(7).permutation(ratings)
    found, by_mean = held_out_error(users, items, permuted)
    assert found > 0.97 * by_mean


def test_a_rating_given_now_changes_the_prediction_at_once():
    model = fitted(*planted())
    asked, nothing = np.arange(1, N_ITEMS, dtype=np.int32), np.empty(0, np.int32)
    before = model.predict(nothing, np.empty(0), asked)
    high, low = (model.predict(np.zeros(1, np.int32), np.array([r]), asked) for r in (5.0, 1.0))
    assert np.abs(high - before).max() > 0.01
    assert np.abs(high - low).max() > 0.01


def test_it_holds_nobody_and_comes_back_from_its_arrays():
    users, items, ratings = planted()
    model = fitted(users, items, ratings)
    arrays = model.arrays()
    assert model.n_items == N_ITEMS
    assert len(arrays["users"]) == 0
    again = Ratings.restore({name: array.copy() for name, array in arrays.items()})
    rows = items[users == 0].astype(np.int32)
    found = (each.predict(rows, ratings[users == 0], rows) for each in (model, again))
    assert np.array_equal(*found)


def test_nothing_rated_is_refused():
    with pytest.raises(ValueError, match="nothing is rated"):
        fit_ratings(csr_matrix((3, 3)))
