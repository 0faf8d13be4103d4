"""A network scores as its formula says, and is shown what it should be."""

import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.engine.models.neural import Layer, Neural, Vectors
from app.engine.models.neural_fit import NeuralParameters, fit_neural
from app.engine.models.neural_pairs import Pairs

ANY = np.array([0], np.int32), np.array([5.0])


def network(users=3, items=5):
    random = np.random.default_rng(4)

    def drawn(*shape):
        return random.standard_normal(shape).astype(np.float32)

    return Neural(
        users=Vectors(drawn(users, 2), drawn(users, 4)),
        items=Vectors(drawn(items, 2), drawn(items, 4)),
        layers=[Layer(drawn(8, 4), drawn(4)), Layer(drawn(4, 2), drawn(2))],
        mixing=drawn(4),
        known=np.array([1] * (users - 1) + [0], np.uint8),
    )


def by_formula(model, user, item):
    """The score of one pair, as in the paper."""
    hidden = np.concatenate([model.users.inputs[user], model.items.inputs[item]])
    for layer in model.layers:
        hidden = np.maximum(hidden @ layer.weights + layer.biases, 0.0)
    product = model.users.factors[user] * model.items.factors[item]
    return 1.0 / (1.0 + np.exp(-(np.concatenate([product, hidden]) @ model.mixing)))


def test_it_scores_by_the_formula():
    model = network()
    for user in range(2):
        expected = [by_formula(model, user, item) for item in range(5)]
        np.testing.assert_allclose(model.scores(*ANY, user), expected, rtol=1e-5)


@pytest.mark.parametrize("user", [-1, 2, 3, 1_000])
def test_it_knows_nothing_of_who_was_not_in_the_fit(user):
    assert network().scores(*ANY, user) is None


def test_every_liked_pair_comes_once_an_epoch_and_no_other_as_liked():
    liked = (np.random.default_rng(0).random((30, 20)) < 0.3).astype(np.float64)
    pairs = Pairs(csr_matrix(liked), negatives=4, seed=1)
    shown = [
        (u, row[0]) for users, items in pairs.epoch(7) for u, row in zip(users, items, strict=True)
    ]
    assert sorted(shown) == sorted(zip(*np.nonzero(liked), strict=True))


def test_negatives_are_hardly_ever_liked():
    liked = (np.random.default_rng(0).random((30, 40)) < 0.2).astype(np.float64)
    pairs = Pairs(csr_matrix(liked), negatives=4, seed=1)
    hits = [liked[users[:, None], items[:, 1:]] for users, items in pairs.epoch(1_000)]
    assert np.concatenate(hits).shape[1] == 4
    assert np.concatenate(hits).mean() < 0.01


def test_who_likes_everything_is_no_endless_search():
    pairs = Pairs(csr_matrix(np.ones((2, 3))), negatives=2, seed=1)
    ((users, items),) = pairs.epoch(10)
    assert users.shape == (6,) and items.shape == (6, 3)


def test_without_pytorch_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install -r requirements-neural\.txt"):
        fit_neural(csr_matrix(np.ones((2, 3), np.float32)))


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(ValueError, match="at least one preference"):
        fit_neural(csr_matrix((2, 3), dtype=np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_what_is_trained_scores_as_the_tensors_did(layers):
    pytest.importorskip("torch")
    chosen = NeuralParameters(factors=4, layers=layers, pretraining=1, epochs=1)
    model = fit_neural(csr_matrix(np.eye(5, dtype=np.float32)), parameters=chosen)
    expected = [by_formula(model, 1, item) for item in range(5)]
    np.testing.assert_allclose(model.scores(*ANY, 1), expected, rtol=1e-4, atol=1e-6)
    assert len(model.layers) == layers and model.mixing.shape == (8,)
