"""Who counts as similar, and how much each says."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s


class Neighbourhood(NamedTuple):
    """The knobs of user-based neighbours; as they stand here, the textbook's plain ones."""

    k: int = 50
    similarity: str = "cosine"
    """cosine, pearson or jaccard."""
    min_similarity: float = 0.0
    shrinkage: float = 0.0
    """Similarities are multiplied by n / (n + shrinkage), n items in common: few say little."""
    exponent: float = 1.0
    """Neighbours weigh by similarity to this power: above 1 the nearest count more."""
    asymmetry: float = 0.5
    """Cosine divides by |shopper|^(2 a) |neighbour|^(2 - 2 a); below 1/2, long histories lose.

    Other than at 1/2, it is not bounded by 1, and `min_similarity` is in that other unit."""
    damping: float = 0.0
    """Cosine's products are multiplied by (fewest raters of the shopper's items / raters)^damping:
    what everybody has says little."""

    @property
    def plain_cosine(self) -> bool:
        """Whether a neighbour's dot product and two norms tell the cosine."""
        return self.shrinkage == 0.0 and self.asymmetry == 0.5 and self.damping == 0.0

    def weights(self, similarities: Float64s) -> Float64s:
        """Return what each neighbour weighs, shape (m,)."""
        if self.exponent == 1.0:
            return similarities
        weights: Float64s = np.power(similarities, self.exponent)
        return weights

    def damped(self, values: Float64s, raters: Int32s) -> Float64s:
        """Return the shopper's values, divided by how common the items are, shape (n,).

        The rarest item keeps its value, so that no similarity grows.
        """
        if self.damping == 0.0:
            return values
        counts = np.maximum(raters, 1)
        scaled: Float64s = values * np.power(counts.min() / counts, self.damping)
        return scaled


@dataclass(frozen=True)
class Neighbours:
    """The most similar users, best first: rows, similarities and weights, shapes (m,)."""

    rows: Int32s
    similarities: Float64s
    weights: Float64s
