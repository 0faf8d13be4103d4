"""What is bought together, and more often than by chance.

    n_i      the last 500 orders with item i (fewer each, where many items are asked about)
    n_ij     those of them that hold j too
    P(j)     purchases of j / orders
    lift     L_ij = (n_ij + a) / (n_i P(j) + a),   a = 5: a few orders lift little
    strength s_ij = n_ij / (n_i + a) * (1 - 1 / L_ij)   where L_ij > 1, else 0

The strength is the confidence without the part of it that is mere popularity: a complement is
bought because of i. What is bought instead of i stands beside it no more than by chance, and has
none; where j is of the same category as i, as most substitutes are, 1 - 1 / L counts squared.

For a cart C the strengths are joined by their quadratic mean, sqrt(sum of s_ij^2 over C / |C|): one
item with a strong tie says more than many with weak ones.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.tables import behaviour_kernels as kernels
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.history import History

ORDERS = 500
"""Of an item, that are looked at: the last to arrive."""
ORDERS_OF_CART = 3000
"""Of all items of a cart."""
_PRIOR = 5.0


class Beside(NamedTuple):
    """What stands in the last orders of one item. Arrays have shape (n,)."""

    item: int
    rows: Int32s
    together: Int32s
    """Orders that hold both."""
    orders: int
    """How many were looked at."""
    lifts: Float64s
    strengths: Float64s


class Tie(NamedTuple):
    """What one item of a cart says for another."""

    item: int
    together: int
    orders: int
    lift: float
    part: float
    """Of the score."""


class Baskets:
    """Reads in a history what is bought together. Guarded by its lock."""

    def __init__(self, history: History, tally: Tally) -> None:
        self._history = history
        self._tally = tally

    def of(self, items: Sequence[int], categories: Int32s, *, least: int) -> "Basket":
        """Look at the orders of some items (rows).

        categories : shape (items.capacity,), codes; 0: none. least : orders that must hold both.
        """
        return Basket(self, np.array(items, np.int32), categories, least)

    def beside(
        self, item: int, categories: Int32s, *, least: int = 1, most: int = ORDERS
    ) -> Beside:
        history = self._history
        found = kernels.count_beside(history.events, history.of_item, item, most, self._tally.room)
        strengths, lifts = kernels.ties_of(found, item, self._shop(), categories, least, _PRIOR)
        return Beside(item, *found, lifts, strengths)

    def squares(
        self, items: Int32s, categories: Int32s, *, least: int, most: int
    ) -> tuple[Float64s, int]:
        """Sum the squared strengths beside some items; also return how many are above 0."""
        history = self._history
        squares = np.zeros(history.items.capacity)
        n_ties = kernels.add_ties(
            history.events, history.of_item, items, most, self._shop(), categories, least,
            _PRIOR, self._tally.room, squares,
        )  # fmt: skip
        return squares, n_ties

    def buyers(self, item: int, row: int, *, most: int = ORDERS) -> Int32s:
        """List who bought two items (rows) together, once for each order."""
        history = self._history
        return kernels.buyers_of_both(history.events, history.of_item, item, row, most)

    def _shop(self) -> tuple[Int32s, int]:
        return self._history.purchases, self._history.orders


class Basket:
    """What is bought together with some items. Good while the lock is held."""

    def __init__(self, baskets: Baskets, items: Int32s, categories: Int32s, least: int) -> None:
        self._baskets = baskets
        self._items = items
        self._categories = categories
        self._least = least
        self._most = min(ORDERS, ORDERS_OF_CART // max(1, items.size))
        self.scores, self._n_ties = baskets.squares(items, categories, least=least, most=self._most)
        """The quadratic means above, in [0, 1], shape (items.capacity,)."""
        if items.size:
            np.sqrt(np.divide(self.scores, items.size, out=self.scores), out=self.scores)

    def __bool__(self) -> bool:
        return self._n_ties > 0

    @cached_property
    def beside(self) -> list[Beside]:
        return [
            self._baskets.beside(item, self._categories, least=self._least, most=self._most)
            for item in self._items.tolist()
        ]

    def buyers(self, item: int, row: int) -> Int32s:
        """List who bought one of the items together with another, once for each order."""
        return self._baskets.buyers(item, row, most=self._most)

    def ties(self, row: int) -> list[Tie]:
        """Return what speaks for an item, the strongest first; the parts sum to its score."""
        whole = self._items.size * self.scores[row]
        ties = [
            Tie(
                beside.item,
                int(beside.together[at]),
                beside.orders,
                float(beside.lifts[at]),
                float(beside.strengths[at] ** 2 / whole),
            )
            for beside in self.beside
            for at in np.flatnonzero((beside.rows == row) & (beside.strengths > 0.0)).tolist()
        ]
        return sorted(ties, key=lambda tie: (-tie.part, tie.item))
