"""User-based top 10, k = 50, on MovieLens 1M: the engine beside three well-known libraries.

    python -m benchmarks.peers [--shoppers 50]

The engine answers whole requests over live tables. The peers answer the same shoppers in the same
run, each after its own fit, with nothing around their arithmetic but picking the ten best, and
with as many threads as they like. scikit-learn computes the engine's own definition, so that its
neighbours and scores have to be the same; LensKit and Surprise define similarity and score
differently: their scores are held to plain numpy of their own definitions, and their lists are
compared with the engine's. Goal: at least 50 times faster than each.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from app.engine.warmup import compile_kernels
from benchmarks import engine_data
from benchmarks.engine_shop import K, N, Shop, ratings_of
from benchmarks.peers_report import head, tell
from benchmarks.peers_scikit import scikit
from benchmarks.peers_shape import INSTALL, PYTHON, ROOT, Outcome, Task, load_outcome, save

NAMES = ("scikit", "lenskit", "surprise")
_ROUNDS = 5


def main() -> None:
    """Measure by turns, compare, print."""
    args = _parsed()
    if reason := engine_data.missing():
        print(f"skipped: {reason}")
        return
    if not PYTHON.exists():
        print(f"skipped: the peers are not installed. In the folder of the service: {INSTALL}")
        return
    compile_kernels()
    shop = Shop()
    batches, ids = ratings_of(None, args.seed)
    shop.preferences.load(batches)
    chosen = np.random.default_rng(args.seed).choice(len(ids), args.shoppers, replace=False)
    asked = [ids[at] for at in chosen.tolist()]
    task = task_of(shop, asked)
    print(head(shop, asked, K, N))
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "task.npz", task)
        for name in args.peers:
            before = engine_seconds(shop, asked)
            outcome = scikit(task) if name == "scikit" else in_their_place(name, Path(folder))
            ours = np.median([*before, *engine_seconds(shop, asked)], axis=0)
            tell(name, shop, task, outcome, ours)


def task_of(shop: Shop, asked: list[str]) -> Task:
    """Return the shop's ratings by row numbers, in the order of the shoppers."""
    preferences = shop.preferences
    rows = [preferences.by_user.row(row) for row in range(preferences.users.capacity)]
    return Task(
        users=np.repeat(np.arange(len(rows)), [items.size for items, _ in rows]),
        items=np.concatenate([items for items, _ in rows]).astype(np.int64),
        values=np.concatenate([values for _, values in rows]).astype(np.float64),
        asked=np.array([preferences.users.row(user_id) for user_id in asked]),
        k=K,
        n=N,
    )


def engine_seconds(shop: Shop, asked: list[str]) -> list[list[float]]:
    """Return how long each shopper's request took, in each of some rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        spent = []
        for user_id in asked:
            started = time.perf_counter()
            shop.recommend(user_id, shop.user_scores)
            spent.append(time.perf_counter() - started)
        rounds.append(spent)
    return rounds


def in_their_place(name: str, folder: Path) -> Outcome:
    """Run a peer in its own environment, on the task that lies in the folder."""
    given, wanted = folder / "task.npz", folder / f"{name}.npz"
    command = [str(PYTHON), "-m", "benchmarks.peers_others", name, str(given), str(wanted)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return load_outcome(wanted)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shoppers", type=int, default=50, help="drawn uniformly")
    parser.add_argument("--peers", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    return parser.parse_args()


if __name__ == "__main__":
    main()
