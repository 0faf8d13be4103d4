"""What every learned model promises, whatever it learns."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, vstack

from app.domain.settings import LEARNED
from app.engine.models.als import Als, AlsParameters, fit_als
from app.engine.models.ease import Ease, EaseParameters, fit_ease
from app.engine.models.neural import Neural
from app.engine.models.neural_fit import NeuralParameters, fit_neural
from app.engine.models.sequence import Sequence, fit_sequence

USERS, ITEMS = 24, 12
NOTHING = np.empty(0, np.int32), np.empty(0)


@dataclass(frozen=True)
class Fit:
    """One kind, and how it is fitted to a small shop."""

    model: Any
    run: Callable[..., Any]
    tells_shares: bool = True
    package: str = "scipy"
    """What a fit needs; without it the model is not tried."""


ALS = AlsParameters(dimensions=4, epochs=10, seed=3)
NEURAL = NeuralParameters(
    factors=4, layers=2, pretraining=80, epochs=5, rate=0.05, batch=256, seed=3
)
FITS = {
    "ease": Fit(Ease, lambda rows, **to: fit_ease(rows, parameters=EaseParameters(l2=2.0), **to)),
    "als": Fit(Als, lambda rows, **to: fit_als(rows, parameters=ALS, **to)),
    "sequence": Fit(Sequence, fit_sequence),
    "neural": Fit(
        Neural,
        lambda rows, **to: fit_neural(rows, parameters=NEURAL, **to),
        tells_shares=False,
        package="torch",
    ),
}


@pytest.fixture(params=FITS, scope="module")
def fit(request) -> Fit:
    fit = FITS[request.param]
    if not find_spec(fit.package):
        pytest.skip(f"{fit.package} is not installed")
    return fit


def test_every_kind_that_ranks_is_here():
    assert set(LEARNED) ^ FITS.keys() == set()


def chequerboard(extra_items: int = 0) -> csr_matrix:
    """Return who likes what: even users all even items but one, odd users all odd ones but one."""
    rows = np.zeros((USERS, ITEMS + extra_items), np.float32)
    for user in range(USERS):
        rows[user, user % 2 : ITEMS : 2] = 1.0 + (user + np.arange(ITEMS // 2)) % 5
        rows[user, missing(user)] = 0.0
    return csr_matrix(rows)


def missing(user: int) -> int:
    return (user // 2 * 2 + user % 2) % ITEMS


def profile(rows: csr_matrix, user: int):
    own = rows[user]
    return own.indices.astype(np.int32), own.data.astype(np.float64)


@pytest.fixture(scope="module")
def model(fit):
    return fit.run(chequerboard())


@pytest.mark.slow
def test_every_user_is_shown_the_one_item_of_their_colour_that_they_lack(model):
    rows = chequerboard()
    for user in range(USERS):
        items, values = profile(rows, user)
        scores = model.scores(items, values)
        scores[items] = -np.inf
        assert scores.argmax() == missing(user)


def test_scores_are_finite_and_one_for_each_item(model):
    items, values = profile(chequerboard(), 0)
    scores = model.scores(items, values)
    assert scores.shape == (model.n_items,) == (ITEMS,)
    assert scores.dtype == np.float64 and np.isfinite(scores).all()


def test_a_restored_model_gives_the_same_scores(fit, model):
    arrays = {name: array.copy() for name, array in model.arrays().items()}
    again = fit.model.restore(arrays)
    for user in range(USERS):
        asked = profile(chequerboard(), user)
        np.testing.assert_array_equal(again.scores(*asked), model.scores(*asked))
    assert again.arrays().keys() == model.arrays().keys()


def test_its_arrays_are_plain(model):
    arrays = model.arrays()
    assert all(type(array) is np.ndarray and array.dtype != object for array in arrays.values())


def test_a_read_only_model_scores(fit, model):
    arrays = {name: array.copy() for name, array in model.arrays().items()}
    for array in arrays.values():
        array.flags.writeable = False
    assert fit.model.restore(arrays).scores(*profile(chequerboard(), 0)) is not None


def test_the_same_input_gives_the_same_model(fit, model):
    again = fit.run(chequerboard())
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)


def test_a_stranger_is_scored_by_what_they_like(model):
    scores = model.scores(np.array([1, 3], np.int32), np.array([5.0, 4.0]))
    assert scores[5] > scores[4]


def test_it_holds_as_much_however_many_shoppers_there_are(fit, model):
    twice = fit.run(vstack([chequerboard(), chequerboard()]).tocsr())
    shapes = {name: array.shape for name, array in model.arrays().items()}
    assert {name: array.shape for name, array in twice.arrays().items()} == shapes


def test_of_who_likes_nothing_it_knows_nothing(model):
    assert model.scores(*NOTHING) is None
    assert model.scores(np.array([2], np.int32), np.array([-3.0])) is None


def test_what_is_disliked_counts_as_not_there(fit):
    rows = chequerboard().toarray()
    disliked = np.where(rows == 0.0, np.float32(-2.0), np.float32(0.0))
    plain, with_dislikes = fit.run(csr_matrix(rows)), fit.run(csr_matrix(rows + disliked))
    items, values = profile(chequerboard(), 3)
    more = np.append(items, np.int32(0)), np.append(values, -1.0)
    np.testing.assert_array_equal(with_dislikes.scores(*more), plain.scores(items, values))


def test_an_item_that_nobody_has_is_scored_below_the_one_that_is_lacked(fit):
    rows = chequerboard(extra_items=2)
    model = fit.run(rows)
    scores = model.scores(*profile(rows, 4))
    assert scores.size == ITEMS + 2 and np.isfinite(scores).all()
    assert scores[ITEMS:].max() < scores[missing(4)]


def test_a_user_who_has_nothing_is_no_trouble(fit):
    rows = chequerboard().toarray()
    rows[5] = 0.0
    model = fit.run(csr_matrix(rows))
    assert model.scores(*profile(chequerboard(), 4)) is not None
    scores = model.scores(*profile(chequerboard(), 5))
    assert scores is None or np.isfinite(scores).all()


def test_shares_sum_to_the_score(fit, model):
    items, values = profile(chequerboard(), 6)
    scores = model.scores(items, values)
    for item in range(ITEMS):
        shares = model.shares(items, values, item)
        if fit.tells_shares:
            assert shares.shape == items.shape
            assert shares.sum() == pytest.approx(scores[item], abs=1e-5)
        else:
            assert shares.size == 0


def test_progress_goes_up_to_the_end(fit):
    heard = []
    fit.run(chequerboard(), progress=lambda done, of: heard.append((done, of)))
    assert heard == sorted(heard)
    assert heard[-1][0] == heard[-1][1] and len({of for _, of in heard}) == 1


def test_progress_may_end_a_fit(fit):
    def stop(done: int, of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fit.run(chequerboard(), progress=stop)
