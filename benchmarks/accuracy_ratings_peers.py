"""Surprise's predictions for given folds; run by `accuracy_ratings` in an environment of its own.

.venv-peers/bin/python -m benchmarks.accuracy_ratings_peers FOLDS.npz PREDICTIONS.npz
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def methods() -> dict[str, Callable[[], Any]]:
    """Return what makes each algorithm, as it comes and tuned within one fold's training part."""
    from surprise import SVD, KNNBaseline, SVDpp

    def by_items() -> Any:
        options = {"name": "pearson_baseline", "shrinkage": 100, "user_based": False}
        return KNNBaseline(k=60, sim_options=options, verbose=False)

    return {
        "SVD": lambda: SVD(random_state=0),
        "KNNBaseline": lambda: KNNBaseline(verbose=False),
        "KNNBaseline, tuned": by_items,
        "SVD++": lambda: SVDpp(random_state=0, cache_ratings=True),
        "SVD++, tuned": lambda: SVDpp(
            n_factors=50, n_epochs=40, lr_all=0.01, reg_all=0.1, random_state=0, cache_ratings=True
        ),
    }


def main(given: str, wanted: str) -> None:
    """Predict every fold's ratings from all others, and write them down."""
    import pandas as pd
    from surprise import Dataset, Reader

    with np.load(given) as arrays:
        columns = {name: arrays[name] for name in ("users", "items", "ratings")}
        folds = arrays["folds"]
    table, reader = pd.DataFrame(columns), Reader(rating_scale=(1, 5))
    found: dict[str, Floats] = {name: np.empty(folds.size) for name in methods()}
    for name, make in methods().items():
        started = time.perf_counter()
        for fold in range(int(folds.max()) + 1):
            model = make()
            model.fit(Dataset.load_from_df(table[folds != fold], reader).build_full_trainset())
            for at in np.flatnonzero(folds == fold).tolist():
                found[name][at] = model.predict(columns["users"][at], columns["items"][at]).est
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    np.savez(wanted, **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
