"""scikit-learn's NearestNeighbors as the heart of a user-based recommender."""

import time

import numpy as np
from scipy.sparse import csr_array
from sklearn import __version__
from sklearn.neighbors import NearestNeighbors

from benchmarks.peers_shape import Outcome, Task, best


def scikit(task: Task) -> Outcome:
    """Find neighbours by brute cosine; score by the definition of the engine, in scipy."""
    matrix = csr_array((task.values, (task.users, task.items)))
    started = time.perf_counter()
    index = NearestNeighbors(metric="cosine", algorithm="brute").fit(matrix)
    fit = time.perf_counter() - started
    seconds, items, scores, neighbours = [], [], [], []
    for user in [int(task.asked[0]), *task.asked.tolist()]:  # the first one warms up
        started = time.perf_counter()
        own = matrix[[user]]
        distances, rows = index.kneighbors(own, n_neighbors=task.k + 1)
        others = rows[0] != user
        near, similar = rows[0][others][: task.k], 1.0 - distances[0][others][: task.k]
        summed = (similar @ matrix[near]) / similar.sum()
        found, values = best(summed, own.indices, task.n)
        seconds.append(time.perf_counter() - started)
        items.append(found)
        scores.append(values)
        neighbours.append(near)
    return Outcome(
        f"scikit-learn {__version__}",
        fit,
        np.array(seconds[1:]),
        np.array(items[1:]),
        np.array(scores[1:]),
        np.array(neighbours[1:]),
    )
