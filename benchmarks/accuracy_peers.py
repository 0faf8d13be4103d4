"""LensKit's and implicit's methods, on a question; run in an environment of their own.

.venv-peers/bin/python -m benchmarks.accuracy_peers FOLDER TASK.json
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import implicit.nearest_neighbours as nearest
import numpy as np
import numpy.typing as npt
import pandas as pd
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.knn import ItemKNNScorer, UserKNNScorer

from benchmarks.accuracy_common import Question, Rows
from benchmarks.accuracy_simple import ranked
from benchmarks.accuracy_tuning import Budget, Choice, Method, Parameters, examine

_SEED, _THREADS = 1, 1
_NEIGHBOURS = {
    "cosine": nearest.CosineRecommender,
    "tf-idf": nearest.TFIDFRecommender,
    "BM25": nearest.BM25Recommender,
}
_SCORERS = {"item": ItemKNNScorer, "user": UserKNNScorer}


def neighbours(kind: str) -> Any:
    """Return a ranking by implicit's item-to-item neighbours of a kind."""

    def rank(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
        own = dict(given)
        matrix = question.matrix(own.pop("values")).astype(np.float64)
        model = _NEIGHBOURS[kind](num_threads=_THREADS, **own)
        model.fit(matrix, show_progress=False)
        similar = model.similarity
        return ranked(question, modes, lambda rows: (matrix[rows] @ similar).toarray())

    return rank


def factors(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
    """Rank by implicit's alternating least squares."""
    own = dict(given)
    matrix = question.matrix(own.pop("values"))
    model = AlternatingLeastSquares(random_state=_SEED, num_threads=_THREADS, **own)
    model.fit(matrix, show_progress=False)
    return _by_factors(question, modes, model)


def pairwise(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
    """Rank by implicit's Bayesian personalised ranking."""
    model = BayesianPersonalizedRanking(random_state=_SEED, num_threads=_THREADS, **given)
    model.fit(question.matrix(), show_progress=False)
    return _by_factors(question, modes, model)


def _by_factors(question: Question, modes: tuple[str, ...], model: Any) -> dict[str, Rows]:
    items = model.item_factors.T
    return ranked(question, modes, lambda rows: model.user_factors[rows] @ items)


def lenskit(kind: str) -> Any:
    """Return a ranking by LensKit's neighbours of a kind, implicit feedback."""

    def rank(question: Question, modes: tuple[str, ...], given: Parameters) -> dict[str, Rows]:
        pairs = question.matrix().tocoo()
        frame = pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col})
        scorer = _SCORERS[kind](feedback="implicit", **given)
        scorer.train(from_interactions_df(frame))
        owned, everything = question.matrix(), ItemList(item_ids=np.arange(question.n_items))

        def scores(rows: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
            return np.array([one(row) for row in rows.tolist()])

        def one(row: int) -> npt.NDArray[np.float64]:
            items = ItemList(item_ids=owned[row].indices)
            query = {"user_id": row, "user_items": items}
            found = scorer(RecQuery(**query), everything).scores()
            return np.zeros(question.n_items) if found is None else np.nan_to_num(found)

        return ranked(question, modes, scores)

    return rank


def peers(values: tuple[str, ...]) -> list[Method]:
    """Return the peers; `values`: what a method may take for numbers."""
    k = (100, 20, 50, 200, 400)
    size = {"factors": (64, 32, 128), "iterations": (15, 30)}
    numbers: Mapping[str, tuple[Any, ...]] = {"values": values}
    return [
        Method("LensKit item-based", lenskit("item"), {"max_nbrs": (20, 50, 100), "save_nbrs": k}),
        Method("LensKit user-based", lenskit("user"), {"max_nbrs": (20, 50, 100, 200)}),
        Method("implicit cosine", neighbours("cosine"), {"K": k} | numbers),
        Method("implicit tf-idf", neighbours("tf-idf"), {"K": k} | numbers),
        Method(
            "implicit BM25",
            neighbours("BM25"),
            {"K": k, "K1": (1.2, 0.5, 100.0), "B": (0.2, 0.5, 0.8)} | numbers,
        ),
        Method(
            "implicit ALS",
            factors,
            size | {"regularization": (0.01, 0.1, 1.0, 10.0), "alpha": (1.0, 5.0, 20.0)} | numbers,
        ),
        Method(
            "implicit BPR",
            pairwise,
            {
                "factors": (64, 32, 128),
                "iterations": (100, 200),
                "learning_rate": (0.01, 0.05),
                "regularization": (0.01, 0.001, 0.05),
            },
        ),
    ]


def main() -> None:
    """Examine one peer as the task says."""
    folder, task = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    methods = {method.name: method for method in peers(tuple(task["values"]))}
    known = Choice(**task["known"]) if task["known"] else None
    budget = Budget(**task["budget"] | {"modes": tuple(task["budget"]["modes"])})
    examine(methods[task["name"]], folder, budget, known)


if __name__ == "__main__":
    main()
