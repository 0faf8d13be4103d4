"""NeuMF (He and others, 2017), with a shopper's items in the place of a vector of the shopper.

    score(u, i) = sigmoid(h . (p_u * q_i)  +  g . z_L)
    z_0 = [m_u, n_i],   z_k = relu(W_k z_(k-1) + b_k)

The first summand is generalised matrix factorisation, the second a perceptron. p_u and m_u are the
means of a second pair of vectors of each item, over what the shopper likes now (as in FISM, Kabbur
and others, 2013), so that nothing of single shoppers is kept. A score is a likelihood: above 0, so
that no item falls out of a list. Served with numpy alone: the perceptron's first layer is a sum of
a shopper's and an item's part, and the latter is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.models.model import Arrays


@dataclass(frozen=True)
class Layer:
    weights: Float32s
    """Shape (inputs, outputs)."""
    biases: Float32s


@dataclass(frozen=True)
class Vectors:
    """What was learned of items, in one of their two parts: one row each."""

    factors: Float32s
    """For the matrix factorisation."""
    inputs: Float32s
    """For the perceptron."""


@dataclass(frozen=True)
class Neural:
    kind: ClassVar[str] = "neural"
    own: Vectors
    """Of items as what a shopper likes."""
    items: Vectors
    """Of items as what is scored."""
    layers: Sequence[Layer]
    mixing: Float32s
    """h and g, shape (factors + outputs of the last layer,)."""

    @property
    def n_items(self) -> int:
        return int(self.items.factors.shape[0])

    def scores(
        self, items: Int32s, values: Float64s, *, weights: Float64s | None = None
    ) -> Float64s | None:
        liked = items[values > 0.0]
        if not liked.size:
            return None
        own = self.own.factors[liked].mean(axis=0)
        linear = self.items.factors @ (own * self.mixing[: own.size])
        deep = self._perceptron(self.own.inputs[liked].mean(axis=0)) @ self.mixing[own.size :]
        drive = np.asarray(linear + deep, np.float64)
        likely: Float64s = 0.5 * (1.0 + np.tanh(0.5 * drive))  # the sigmoid, without overflow
        return likely

    def _perceptron(self, own: Float32s) -> Float32s:
        """Return the last layer's outputs for a shopper's input, shape (n_items, outputs)."""
        first = self.layers[0]
        outputs = self._item_part + (own @ first.weights[: own.size] + first.biases)
        np.maximum(outputs, 0.0, out=outputs)
        for layer in self.layers[1:]:
            outputs = outputs @ layer.weights + layer.biases
            np.maximum(outputs, 0.0, out=outputs)
        return np.asarray(outputs)

    @cached_property
    def _item_part(self) -> Float32s:
        """What the items bring to the first layer, shape (n_items, outputs)."""
        size = self.items.inputs.shape[1]
        return np.asarray(self.items.inputs @ self.layers[0].weights[-size:])

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        return np.empty(0)  # a network does not say which item brought a score

    def arrays(self) -> Arrays:
        found: dict[str, npt.NDArray[Any]] = {
            "own_factors": self.own.factors,
            "own_inputs": self.own.inputs,
            "item_factors": self.items.factors,
            "item_inputs": self.items.inputs,
            "mixing": self.mixing,
        }
        for number, layer in enumerate(self.layers):
            found |= {f"weights_{number}": layer.weights, f"biases_{number}": layer.biases}
        return found

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        n_layers = sum(name.startswith("biases_") for name in arrays)
        return cls(
            own=Vectors(arrays["own_factors"], arrays["own_inputs"]),
            items=Vectors(arrays["item_factors"], arrays["item_inputs"]),
            layers=[
                Layer(arrays[f"weights_{number}"], arrays[f"biases_{number}"])
                for number in range(n_layers)
            ],
            mixing=arrays["mixing"],
        )
