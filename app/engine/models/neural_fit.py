"""The training of NeuMF, with PyTorch. Only this module needs it, and only when it fits.

Each epoch takes every liked pair once, and for each as many pairs as `negatives` that are not,
drawn anew; log loss, Adam. The user of a pair is the mean of all else that the user likes: with the
liked item in it the network would learn to find what it is given. As in the paper the factorisation
and the perceptron are first trained alone, then joined at half weight each and trained on together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int64s
from app.engine.models.model import Interactions, Progress, demand, unheard
from app.engine.models.neural import Neural
from app.engine.models.profile import positive

_REDRAWS = 3
"""How often negatives that turn out to be liked are drawn again."""
_TOGETHER = 16
"""Pairs of a user that are shown together: the sum over what the user likes is taken once."""
_MIXED = 0.5
"""What each half weighs when they are joined."""
_JOINED_RATE = 0.1
"""Of the rate, once both are trained on together."""
_SMALL = 0.01
"""Spread of the first vectors."""


class Batch(NamedTuple):
    """Some liked pairs, and what else their users like."""

    items: Int64s
    """Shape (n, 1 + negatives): the liked one first."""
    users: Int64s
    """Whose they are, shape (n,): places in `starts`."""
    liked: Int64s
    """All that these users like, one user after the other."""
    starts: Int64s
    """Where each user's begin in `liked`."""
    others: Int64s
    """How many the user of each pair likes beside it, shape (n,)."""


class Pairs:
    """What is liked, and beside it what is not."""

    def __init__(self, matrix: Interactions, negatives: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._negatives = negatives
        self._n_items = matrix.shape[1]
        self._starts = matrix.indptr.astype(np.int64)
        self._sizes = np.diff(self._starts)
        self._users = np.repeat(np.arange(matrix.shape[0]), self._sizes)
        self._items = matrix.indices.astype(np.int64)
        self._keys = np.sort(self._users * self._n_items + self._items)

    def epoch(self, batch: int) -> Iterator[Batch]:
        order = self._order()
        for first in range(0, order.size, batch):
            chosen = order[first : first + batch]
            users = self._users[chosen]
            items = np.column_stack([self._items[chosen], self._unliked(users)])
            yield self._batch(users, items)

    def _order(self) -> Int64s:
        """Return all pairs by chance, `_TOGETHER` of a user after one another."""
        order = self._random.permutation(self._users.size)
        order = order[np.argsort(self._users[order], kind="stable")]
        place = np.arange(order.size) - self._starts[self._users]
        runs = np.cumsum(place % _TOGETHER == 0) - 1
        rank = self._random.permutation(int(runs[-1]) + 1)
        return np.asarray(order[np.argsort(rank[runs], kind="stable")])

    def _batch(self, users: Int64s, items: Int64s) -> Batch:
        distinct, places = np.unique(users, return_inverse=True)
        sizes = self._sizes[distinct]
        starts = np.cumsum(sizes) - sizes
        liked = np.arange(int(sizes.sum())) + np.repeat(self._starts[distinct] - starts, sizes)
        return Batch(items, places, self._items[liked], starts, sizes[places] - 1)

    def _unliked(self, users: Int64s) -> Int64s:
        """Draw items that the users do not like; who likes nearly all may get some they do."""
        owners = users[:, None]
        drawn = self._random.integers(0, self._n_items, (users.size, self._negatives))
        for _ in range(_REDRAWS):
            hit = self._liked(owners * self._n_items + drawn)
            drawn[hit] = self._random.integers(0, self._n_items, int(hit.sum()))
        return drawn

    def _liked(self, keys: Int64s) -> npt.NDArray[np.bool_]:
        places = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        return np.asarray(self._keys[places] == keys)


@dataclass(frozen=True)
class NeuralParameters:
    factors: int = 32
    """Width of the factorisation, and of the perceptron's last layer."""
    layers: int = 3
    """Of the perceptron; each has half the outputs of the one before."""
    negatives: int = 4
    pretraining: int = 10
    """Epochs of each half alone."""
    epochs: int = 10
    """Of both together."""
    rate: float = 0.002
    """Of Adam; a tenth of it for both together."""
    l2: float = 1e-6
    """Pull of each looked-up vector towards 0."""
    batch: int = 4096
    """Liked pairs at a time, with their negatives."""
    seed: int = 0

    def __post_init__(self) -> None:
        demand(
            factors=self.factors >= 1,
            layers=self.layers >= 1,
            negatives=self.negatives >= 1,
            pretraining=self.pretraining >= 0,
            epochs=self.epochs >= 1,
            rate=0 < self.rate < np.inf,
            l2=0 <= self.l2 < np.inf,
            batch=self.batch >= 1,
            seed=self.seed >= 0,
        )


def fit_neural(
    interactions: Interactions,
    *,
    parameters: NeuralParameters | None = None,
    progress: Progress = unheard,
) -> Neural:
    """Train on preferences of shape (n_users, n_items); values not above 0 do not count.

    Raises ModuleNotFoundError, with what to do, where PyTorch is not installed, and ValueError if
    nothing is liked.
    """
    chosen = parameters or NeuralParameters()
    matrix = positive(interactions, 0.0)
    if not matrix.nnz:
        raise ValueError("a network needs at least one preference to learn from")
    network = _Network(_torch(), matrix.shape[1], chosen)
    pairs = Pairs(matrix, chosen.negatives, chosen.seed)
    steps = 2 * chosen.pretraining + chosen.epochs
    done = 0
    for half, epochs in ((0, chosen.pretraining), (1, chosen.pretraining), (None, chosen.epochs)):
        network.begin(half)
        for _ in range(epochs):
            for batch in pairs.epoch(chosen.batch):
                network.step(batch)
            done += 1
            progress(done, steps)
    return Neural.restore(network.arrays())


class _Network:
    """The weights as tensors, and the steps that change them."""

    def __init__(self, torch: Any, n_items: int, chosen: NeuralParameters) -> None:
        self._torch = torch
        self._chosen = chosen
        self._half: int | None = None
        random = torch.Generator().manual_seed(chosen.seed)
        width, n_layers = chosen.factors, chosen.layers
        vectors = width * 2 ** (n_layers - 1)  # the first layer has twice that, and halves it

        def drawn(rows: int, columns: int, spread: float) -> Any:
            return torch.randn(rows, columns, generator=random).mul_(spread).requires_grad_()

        self._linear = {
            "own_factors": drawn(n_items, width, _SMALL),
            "item_factors": drawn(n_items, width, _SMALL),
            "linear_mixing": drawn(1, width, 1.0),
        }
        self._deep = {
            "own_inputs": drawn(n_items, vectors, _SMALL),
            "item_inputs": drawn(n_items, vectors, _SMALL),
            "deep_mixing": drawn(1, width, width**-0.5),
        }
        for number in range(n_layers):
            inputs = 2 * vectors >> number
            self._deep[f"weights_{number}"] = drawn(inputs, inputs // 2, (2.0 / inputs) ** 0.5)
            self._deep[f"biases_{number}"] = torch.zeros(inputs // 2, requires_grad=True)

    def begin(self, half: int | None) -> None:
        """Train only the factorisation (0) or the perceptron (1) from now on, or both (None)."""
        self._half = half
        rate = self._chosen.rate
        if half is None and self._chosen.pretraining:
            rate *= _JOINED_RATE
            with self._torch.no_grad():
                self._linear["linear_mixing"] *= _MIXED
                self._deep["deep_mixing"] *= _MIXED
        weights = [*self._trained()]
        self._optimiser = self._torch.optim.Adam(weights, lr=rate, fused=True)

    def _trained(self) -> Iterator[Any]:
        if self._half != 1:
            yield from self._linear.values()
        if self._half != 0:
            yield from self._deep.values()

    def step(self, batch: Batch) -> None:
        torch = self._torch
        shown = Batch(*map(torch.from_numpy, batch))
        logits, size = 0.0, 0.0
        for number, part in enumerate((self._factorised, self._perceptron)):
            if self._half in (None, number):
                found, squares = part(shown)
                logits, size = logits + found, size + squares
        truth = torch.zeros_like(logits)
        truth[:, 0] = 1.0
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)
        self._optimiser.zero_grad()
        (loss + self._chosen.l2 * size / len(batch.items)).backward()
        self._optimiser.step()

    def _factorised(self, shown: Any) -> tuple[Any, Any]:
        """Return logits, shape as the items, and the sum of squares of users and items."""
        own = self._mean(shown, self._linear["own_factors"])
        theirs = self._torch.nn.functional.embedding(shown.items, self._linear["item_factors"])
        mixed = (own * self._linear["linear_mixing"]).unsqueeze(2)
        return self._torch.bmm(theirs, mixed).squeeze(2), own.square().sum() + theirs.square().sum()

    def _perceptron(self, shown: Any) -> tuple[Any, Any]:
        weights = self._deep
        own = self._mean(shown, weights["own_inputs"])
        theirs = self._torch.nn.functional.embedding(shown.items, weights["item_inputs"])
        first = weights["weights_0"]
        split = own.shape[1]
        outputs = theirs @ first[split:] + (own @ first[:split] + weights["biases_0"]).unsqueeze(1)
        outputs = outputs.relu()
        for number in range(1, self._chosen.layers):
            outputs = (outputs @ weights[f"weights_{number}"] + weights[f"biases_{number}"]).relu()
        logits = outputs @ weights["deep_mixing"][0]
        return logits, own.square().sum() + theirs.square().sum()

    def _mean(self, shown: Any, vectors: Any) -> Any:
        """Return the mean over what each pair's user likes but for the pair's own item."""
        functional = self._torch.nn.functional
        sums = functional.embedding_bag(shown.liked, vectors, shown.starts, mode="sum")
        others = functional.embedding(shown.users, sums) - functional.embedding(
            shown.items[:, 0], vectors
        )
        return others / shown.others.clamp(min=1).unsqueeze(1)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        found = {
            name: tensor.detach().numpy() for name, tensor in (self._linear | self._deep).items()
        }
        mixing = found.pop("linear_mixing"), found.pop("deep_mixing")
        return found | {"mixing": np.concatenate(mixing, axis=1)[0]}


def _torch() -> Any:
    try:
        return import_module("torch")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the neural model is trained with PyTorch, which is not installed: "
            "pip install -r requirements-neural.txt (a trained one is served without it)"
        ) from error
