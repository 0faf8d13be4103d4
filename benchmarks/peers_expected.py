"""What LensKit's and Surprise's scores are by their own definitions, in plain numpy."""

import numpy as np
import numpy.typing as npt

from benchmarks.peers_shape import Task

Floats = npt.NDArray[np.float64]


class OwnDefinitions:
    """Both definitions over dense tables, shape (users, items), 0 where there is no rating."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._rated = np.zeros((int(task.users.max()) + 1, int(task.items.max()) + 1))
        self._ratings = self._rated.copy()
        self._rated[task.users, task.items] = 1.0
        self._ratings[task.users, task.items] = task.values
        self._means = self._ratings.sum(axis=1) / np.maximum(self._rated.sum(axis=1), 1.0)
        order = np.argsort(task.items, kind="stable")  # raters in the order in which they came
        ends = np.cumsum(np.bincount(task.items))[:-1]
        self._raters = np.split(task.users[order], ends)

    def lenskit(self, user: int) -> Floats:
        """Cosine of ratings minus the user's mean; the k nearest of an item's raters."""
        centred = (self._ratings - self._means[:, None]) * self._rated
        lengths = np.maximum(np.linalg.norm(centred, axis=1), 1e-30)
        similar = centred @ centred[user] / (lengths * lengths[user])
        similar[user] = 0.0
        return self._means[user] + self._averages(similar, centred, least=1e-6)

    def surprise(self, user: int) -> Floats:
        """Cosine over common items only; the k nearest of an item's raters."""
        mine, common = self._ratings[user], self._rated[user]
        squares = (self._rated @ mine**2) * (self._ratings**2 @ common)
        similar = self._ratings @ mine / np.sqrt(np.where(squares > 0.0, squares, 1.0))
        return self._averages(similar, self._ratings, least=1e-30)

    def _averages(self, similar: Floats, values: Floats, *, least: float) -> Floats:
        averages = np.full(values.shape[1], np.nan)
        for item, raters in enumerate(self._raters):
            near = raters[np.argsort(-similar[raters], kind="stable")][: self._task.k]
            near = near[similar[near] >= least]
            if near.size:
                averages[item] = similar[near] @ values[near, item] / similar[near].sum()
        return averages
