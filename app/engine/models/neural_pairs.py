"""What a network is shown: pairs that are liked, each beside some that are not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int64s

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix

_REDRAWS = 3
"""How often negatives that turn out to be liked are drawn again."""


class Pairs:
    """What is liked, and beside it what is not."""

    def __init__(self, matrix: "csr_matrix", negatives: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._negatives = negatives
        self._n_items = matrix.shape[1]
        self._users = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        self._items = matrix.indices.astype(np.int64)
        self._keys = np.sort(self._users * self._n_items + self._items)

    def epoch(self, batch: int) -> Iterator[tuple[Int64s, Int64s]]:
        """Go through all liked pairs in a new order.

        Yields users, shape (n,), and items, shape (n, 1 + negatives): the liked one first.
        """
        order = self._random.permutation(self._users.size)
        for first in range(0, order.size, batch):
            chosen = order[first : first + batch]
            users = self._users[chosen]
            yield users, np.column_stack([self._items[chosen], self._unliked(users)])

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
