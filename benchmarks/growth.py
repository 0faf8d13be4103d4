"""Milliseconds of a user-based request against the postings it reads; a picture, and a slope.

    python -m benchmarks.growth [--sizes movielens 10m]

A posting is one rating of one of the shopper's items: what an exact search has to look at. Each
point is one shopper, the fastest of some rounds, so that it shows the work and not the neighbours
on the machine. Shoppers are drawn evenly over the logarithm of their postings. The line is a least
squares fit; goal: a slope of about 1 ns. Answers are compared with plain numpy.
"""

import argparse
import gc
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from app.engine.warmup import compile_kernels
from benchmarks import engine_data
from benchmarks.engine_data import SYNTHETIC
from benchmarks.engine_shop import Shop, ratings_of
from benchmarks.engine_user_based import check
from benchmarks.growth_line import Cloud

PICTURE = Path(__file__).parent / "results" / "growth.png"
GOAL_NS = 1.0
_TITLES = {"movielens": "MovieLens 1M", **{name: f"made up, {name.upper()}" for name in SYNTHETIC}}


def main() -> None:
    """Measure, print, draw."""
    args = _parsed()
    if "movielens" in args.sizes and (reason := engine_data.missing()):
        print(f"skipped: {reason}; try --sizes 10m")
        return
    if find_spec("matplotlib") is None:
        print("skipped: no matplotlib; .venv/bin/pip install -r requirements-evaluation.txt")
        return
    from benchmarks.growth_plot import draw

    compile_kernels()
    clouds = [measure(size, args) for size in args.sizes]
    for cloud in clouds:
        verdict = "met" if cloud.slope <= 1.1 * GOAL_NS else "missed"
        print(
            f"{cloud.slope:.2f} ns a posting (goal about {GOAL_NS:g}, {verdict}): {cloud.title}\n"
            f"  plus {cloud.intercept:.3f} ms; explains {cloud.explained:.0%} of the variance"
        )
    draw(clouds, PICTURE)
    print(f"picture: benchmarks/results/{PICTURE.name}")


def measure(size: str, args: argparse.Namespace) -> Cloud:
    """Return a point a shopper for one data set."""
    shop, real = Shop(), size == "movielens"
    batches, ids = ratings_of(None if real else size, args.seed)
    shop.preferences.load(batches)
    shop.fill_catalogue(real=real)
    gc.collect()
    ids = shop.known(ids)
    title = f"{_TITLES[size]}: {len(ids):,} shoppers, {len(shop.preferences.items):,} items"
    print(f"{title}; against numpy {check(shop, ids[: args.checks])}", flush=True)
    chosen = spread(shop, ids, args.shoppers, np.random.default_rng(args.seed))
    rounds = [[_milliseconds(shop, id_) for id_ in chosen] for _ in range(args.rounds)]
    return Cloud(title, shop.postings(chosen), np.min(rounds, axis=0))


def spread(shop: Shop, ids: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """Draw shoppers evenly over the logarithm of their postings."""
    candidates = [ids[at] for at in rng.choice(len(ids), min(len(ids), 50 * count), replace=False)]
    logs = np.log(shop.postings(candidates))
    order = np.argsort(logs)
    wanted = np.linspace(logs.min(), logs.max(), count)
    places = np.minimum(np.searchsorted(logs, wanted, sorter=order), len(order) - 1)
    return [candidates[at] for at in order[np.unique(places)].tolist()]


def _milliseconds(shop: Shop, user_id: str) -> float:
    start = time.perf_counter()
    shop.recommend(user_id, shop.user_scores)
    return (time.perf_counter() - start) * 1e3


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    sizes = ["movielens", *SYNTHETIC]
    parser.add_argument("--sizes", nargs="+", choices=sizes, default=["movielens", "10m"])
    parser.add_argument("--shoppers", type=int, default=400, help="points of a data set")
    parser.add_argument("--rounds", type=int, default=7, help="the fastest of which counts")
    parser.add_argument("--checks", type=int, default=5, help="shoppers compared with numpy")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


if __name__ == "__main__":
    main()
