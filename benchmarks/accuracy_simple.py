"""Lists that need no library: counts, recency, chance; and EASE as published (Steck 2019)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from benchmarks.accuracy_common import Lists, Question, Rows
from benchmarks.accuracy_tuning import Method, Parameters

VALUES = ("ones", "log", "faded120", "faded40")
"""How often and how long ago, made a number; a method that takes numbers may choose."""
MOST_ITEMS = 8_000
"""The inverse of a larger matrix does not fit the budget: the most popular ones stand for all."""
_SEED = 1
Scores = Callable[[npt.NDArray[np.int32]], npt.NDArray[Any]]
"""Given user rows, shape (b,): scores, shape (b, n_items)."""


def ranked(question: Question, modes: tuple[str, ...], scores: Scores) -> dict[str, Rows]:
    """Rank for each of the asked by scores."""
    lists = Lists(question, modes)
    for places in lists.batches():
        lists.put(places, scores(question.asked[places]))
    return lists.ranked


def _alike(scores: npt.NDArray[np.float64]) -> Scores:
    return lambda rows: np.tile(scores, (rows.size, 1))


def popular(question: Question, modes: tuple[str, ...], _: Parameters) -> dict[str, Rows]:
    """Rank by how many users took an item."""
    return ranked(question, modes, _alike(question.popularity()))


def popular_lately(
    question: Question, modes: tuple[str, ...], given: Parameters
) -> dict[str, Rows]:
    """Rank by how many users took an item in the last days."""
    since = np.nanmax(question.times) - given["days"]
    late = np.nan_to_num(question.times, nan=-1.0) > since
    pairs = np.unique(
        question.users[late].astype(np.int64) * question.n_items + question.items[late]
    )
    counts = np.bincount(pairs % question.n_items, minlength=question.n_items)
    return ranked(question, modes, _alike(counts.astype(np.float64)))


def at_random(question: Question, modes: tuple[str, ...], _: Parameters) -> dict[str, Rows]:
    """Rank by chance."""
    rng = np.random.default_rng(_SEED)
    return ranked(question, modes, lambda rows: rng.random((rows.size, question.n_items)))


def last_taken(question: Question, modes: tuple[str, ...], _: Parameters) -> dict[str, Rows]:
    """Rank the user's own items, the latest first."""
    days = np.nan_to_num(question.times - np.nanmin(question.times)) + 1.0
    pairs = question.users.astype(np.int64) * question.n_items + question.items
    order = np.lexsort((days, pairs))
    last = order[np.append(pairs[order][1:] != pairs[order][:-1], True)]
    shape = (question.n_users, question.n_items)
    latest = csr_matrix((days[last], (question.users[last], question.items[last])), shape=shape)
    return ranked(question, modes, lambda rows: latest[rows].toarray())


def often_taken(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
    """Rank the user's own items, those taken most often first."""
    own = question.matrix(given["values"])
    return ranked(question, modes, lambda rows: own[rows].toarray())


def ease(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
    """Rank by the closed-form item-to-item weights, of the most popular items."""
    matrix = question.matrix(given["values"])
    kept = np.sort(np.argsort(-question.popularity(), kind="stable")[:MOST_ITEMS])
    few = matrix[:, kept]
    gram = (few.T @ few).toarray().astype(np.float32)
    gram[np.diag_indices(kept.size)] += given["l2"]
    inverse = _inverse(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)

    def scores(rows: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        full = np.full((rows.size, question.n_items), -np.inf, np.float32)
        full[:, kept] = few[rows] @ weights
        return full

    return ranked(question, modes, scores)


def _inverse(gram: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    assert not failed
    half, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    assert not failed
    return np.tril(half) + np.tril(half, -1).T


def simple_methods(*, timed: bool, values: tuple[str, ...]) -> list[Method]:
    """Return the methods; `timed`: the data say when something was taken."""
    always = [Method("random", at_random), Method("popular", popular)]
    own = [
        Method("popular lately", popular_lately, {"days": (28.0, 7.0, 14.0, 56.0)}),
        Method("last taken", last_taken),
    ]
    often = Method("often taken", often_taken, {"values": values})
    l2 = (500.0, 20.0, 50.0, 100.0, 200.0, 1000.0, 2000.0)
    best = Method("EASE", ease, {"l2": l2, "values": values})
    return [*always, *(own if timed else ()), often, best]
