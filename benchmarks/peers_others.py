"""LensKit's UserKNNScorer and Surprise's KNNBasic; run by `peers` in an environment of its own.

.venv-peers/bin/python -m benchmarks.peers_others lenskit|surprise TASK.npz OUTCOME.npz
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.peers_shape import Outcome, Task, best, load_task, save

Answer = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def lenskit(task: Task) -> Outcome:
    """Score every item with LensKit's user-based scorer, feedback explicit, as it comes."""
    import pandas as pd
    from lenskit.data import ItemList, from_interactions_df
    from lenskit.knn import UserKNNScorer

    columns = {"user_id": task.users, "item_id": task.items, "rating": task.values}
    data = from_interactions_df(pd.DataFrame(columns))
    scorer = UserKNNScorer(max_nbrs=task.k)
    started = time.perf_counter()
    scorer.train(data)
    fit = time.perf_counter() - started
    everything = ItemList(item_ids=np.arange(task.items.max() + 1))
    seen = _items_of(task)

    def answer(user: int) -> Answer:
        scores = scorer(user, everything).scores()
        assert scores is not None
        return best(np.asarray(scores, np.float64), seen[user], task.n)

    return _measured(f"lenskit {version('lenskit')}", fit, task, answer)


def surprise(task: Task) -> Outcome:
    """Predict every unseen item with Surprise's KNNBasic, user-based cosine."""
    import pandas as pd
    from surprise import Dataset, KNNBasic, PredictionImpossible, Reader

    columns = {"user": task.users, "item": task.items, "rating": task.values}
    data = Dataset.load_from_df(pd.DataFrame(columns), Reader(rating_scale=(1, 5)))
    trainset = data.build_full_trainset()
    model = KNNBasic(k=task.k, sim_options={"name": "cosine", "user_based": True}, verbose=False)
    started = time.perf_counter()
    model.fit(trainset)
    fit = time.perf_counter() - started
    n_items, seen = int(task.items.max()) + 1, _items_of(task)
    inner = [trainset.to_inner_iid(item) for item in range(n_items)]

    def answer(user: int) -> Answer:
        who, scores = trainset.to_inner_uid(user), np.zeros(n_items)
        for item in np.setdiff1d(np.arange(n_items), seen[user]).tolist():
            with suppress(PredictionImpossible):  # nobody similar has rated it
                scores[item] = model.estimate(who, inner[item])[0]
        return best(scores, seen[user], task.n)

    neighbours = [
        [trainset.to_raw_uid(v) for v in model.get_neighbors(trainset.to_inner_uid(u), task.k)]
        for u in task.asked.tolist()
    ]
    found = _measured(f"scikit-surprise {version('scikit-surprise')}", fit, task, answer)
    return Outcome(**{**vars(found), "neighbours": np.array(neighbours, np.int64)})


def _items_of(task: Task) -> dict[int, npt.NDArray[np.int64]]:
    return {user: task.items[task.users == user] for user in task.asked.tolist()}


def _measured(release: str, fit: float, task: Task, answer: Callable[[int], Answer]) -> Outcome:
    answer(int(task.asked[0]))  # warms up
    seconds, items, scores = [], [], []
    for user in task.asked.tolist():
        started = time.perf_counter()
        rows, values = answer(user)
        seconds.append(time.perf_counter() - started)
        items.append(rows)
        scores.append(values)
    nobody = np.empty((len(items), 0), np.int64)
    return Outcome(release, fit, np.array(seconds), np.array(items), np.array(scores), nobody)


if __name__ == "__main__":
    peer, given, wanted = sys.argv[1:]
    save(Path(wanted), {"lenskit": lenskit, "surprise": surprise}[peer](load_task(Path(given))))
