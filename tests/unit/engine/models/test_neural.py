"""A network scores as its formula says, and is shown what it should be."""

import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.engine.models.neural import Layer, Neural, Vectors
from app.engine.models.neural_fit import NeuralParameters, Pairs, fit_neural

TWO = np.array([0, 3, 4], np.int32), np.array([5.0, -2.0, 1.0])
"""Items 0 and 4 are liked."""


def network(items=5):
    random = np.random.default_rng(4)

    def drawn(*shape):
        return random.standard_normal(shape).astype(np.float32)

    return Neural(
        own=Vectors(drawn(items, 2), drawn(items, 4)),
        items=Vectors(drawn(items, 2), drawn(items, 4)),
        layers=[Layer(drawn(8, 4), drawn(4)), Layer(drawn(4, 2), drawn(2))],
        mixing=drawn(4),
    )


def by_formula(model, liked, item):
    """The score of one item: the paper's, for the mean of what is liked."""
    inputs = sum(model.own.inputs[row] for row in liked) / len(liked)
    factors = sum(model.own.factors[row] for row in liked) / len(liked)
    hidden = np.concatenate([inputs, model.items.inputs[item]])
    for layer in model.layers:
        hidden = np.maximum(hidden @ layer.weights + layer.biases, 0.0)
    product = factors * model.items.factors[item]
    return 1.0 / (1.0 + np.exp(-(np.concatenate([product, hidden]) @ model.mixing)))


def test_it_scores_by_the_formula():
    model = network()
    expected = [by_formula(model, [0, 4], item) for item in range(5)]
    np.testing.assert_allclose(model.scores(*TWO), expected, rtol=1e-5)


def test_it_knows_nothing_of_who_likes_nothing():
    assert network().scores(np.array([0], np.int32), np.array([-1.0])) is None


def some(share, shape):
    return (np.random.default_rng(0).random(shape) < share).astype(np.float64)


def owners(batch, liked):
    """Whose each pair is, by what else its user likes: no two like the same."""
    sets = [tuple(np.flatnonzero(row)) for row in liked]
    found = [sets.index(tuple(own)) for own in np.split(batch.liked, batch.starts[1:])]
    return np.array(found)[batch.users]


def test_every_liked_pair_comes_once_an_epoch_and_no_other_as_liked():
    liked = some(0.3, (30, 60))
    pairs = Pairs(csr_matrix(liked), negatives=4, seed=1)
    shown = [
        (u, row[0])
        for batch in pairs.epoch(7)
        for u, row in zip(owners(batch, liked), batch.items, strict=True)
    ]
    assert sorted(shown) == sorted(zip(*np.nonzero(liked), strict=True))


def test_a_pair_is_told_how_many_others_its_user_likes():
    liked = some(0.3, (30, 60))
    for batch in Pairs(csr_matrix(liked), negatives=1, seed=1).epoch(50):
        expected = liked[owners(batch, liked)].sum(axis=1) - 1
        np.testing.assert_array_equal(batch.others, expected)


def test_negatives_are_hardly_ever_liked():
    liked = some(0.2, (30, 40))
    pairs = Pairs(csr_matrix(liked), negatives=4, seed=1)
    hits = [liked[owners(b, liked)[:, None], b.items[:, 1:]] for b in pairs.epoch(1_000)]
    assert np.concatenate(hits).shape[1] == 4
    assert np.concatenate(hits).mean() < 0.01


def test_who_likes_everything_is_no_endless_search():
    pairs = Pairs(csr_matrix(np.ones((2, 3))), negatives=2, seed=1)
    (batch,) = pairs.epoch(10)
    assert batch.users.shape == (6,) and batch.items.shape == (6, 3)


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
    expected = [by_formula(model, [0, 4], item) for item in range(5)]
    np.testing.assert_allclose(model.scores(*TWO), expected, rtol=1e-4, atol=1e-6)
    assert len(model.layers) == layers and model.mixing.shape == (8,)


@pytest.mark.slow
def test_an_item_does_not_speak_for_itself():
    """Who likes one thing alone is nothing when asked about it: how it speaks stays as drawn."""
    pytest.importorskip("torch")
    fits = [
        fit_neural(
            csr_matrix(np.eye(5, dtype=np.float32)),
            parameters=NeuralParameters(factors=4, layers=2, pretraining=1, epochs=epochs),
        )
        for epochs in (1, 20)
    ]
    for name in ("factors", "inputs"):
        np.testing.assert_array_equal(*(getattr(fit.own, name) for fit in fits))
    assert not np.array_equal(*(fit.items.inputs for fit in fits))
