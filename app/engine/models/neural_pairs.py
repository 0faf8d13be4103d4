"""What a network is shown: pairs that are liked, each beside some that are not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from app.engine.jit import Int64s

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix

_REDRAWS = 3
"""How often negatives that turn out to be liked are drawn again."""
_TOGETHER = 16
"""Pairs of a user that are shown together: the sum over what the user likes is taken once."""


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

    def __init__(self, matrix: "csr_matrix", negatives: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._negatives = negatives
        self._n_items = matrix.shape[1]
        self._starts = matrix.indptr.astype(np.int64)
        self._sizes = np.diff(self._starts)
        self._users = np.repeat(np.arange(matrix.shape[0]), self._sizes)
        self._items = matrix.indices.astype(np.int64)
        self._keys = np.sort(self._users * self._n_items + self._items)

    def epoch(self, batch: int) -> Iterator[Batch]:
        """Go through all liked pairs in a new order."""
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
