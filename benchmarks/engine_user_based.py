"""What the engine costs, on MovieLens 1M or on a made-up shop; every figure is checked.

    python -m benchmarks.engine_user_based [--synthetic 10m]

Shoppers are drawn uniformly, and by activity (a shopper with twice the ratings, twice as often);
a request is: profile, 50 neighbours, scores, mask, the ten best. Answers of some shoppers are
compared with plain numpy, as loaded and after a million changes.
"""

import argparse
import gc
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from app.engine.warmup import compile_kernels
from benchmarks import engine_data
from benchmarks.engine_expected import ExpectedByItems, ExpectedByUsers
from benchmarks.engine_shop import K, N, Score, Shop, add_options, ratings_of
from benchmarks.engine_updates import update

Figures = Iterator[tuple[str, str]]
GOALS = {  # milliseconds: median and p99 of user-based requests of uniform shoppers
    None: (0.2, 0.8),
    "1m": (0.2, 0.8),
    "10m": (0.25, 1.5),
    "20m": (1.3, 10.0),
}


def main() -> None:
    """Measure and print."""
    args = _parsed()
    if not args.synthetic and (reason := engine_data.missing()):
        print(f"skipped: {reason}; try --synthetic 1m")
        return
    compile_kernels()
    print(f"{args.synthetic or 'MovieLens 1M'}, k = {K}, top {N}")
    if args.synthetic:
        print(engine_data.LAW)
    for label, figure in measure(args):
        print(f"{label:<42}  {figure}", flush=True)


def measure(args: argparse.Namespace) -> Figures:
    """Yield label and figure."""
    rng, shop = np.random.default_rng(args.seed), Shop()
    batches, ids = ratings_of(args.synthetic, args.seed)
    ready = list(batches)
    start = time.perf_counter()
    shop.preferences.load(ready)
    yield "load", f"{time.perf_counter() - start:.2f} s"
    del ready
    shop.fill_catalogue(real=not args.synthetic)
    gc.freeze()
    ids = shop.known(ids)
    yield from describe(shop, ids)
    chances = shop.activity(ids) / len(shop.preferences)
    draws = {
        "uniform": rng.integers(0, len(ids), args.requests),
        "by activity": rng.choice(len(ids), args.requests, p=chances),
    }
    for draw, places in draws.items():
        goal = GOALS[args.synthetic] if draw == "uniform" else None
        yield from requests(shop, [ids[at] for at in places.tolist()], draw, goal)
    few = [ids[at] for at in draws["uniform"][: args.checks].tolist()]
    yield "against numpy, loaded", check(shop, few)
    yield from update(shop, ids, args.updates, rng)
    yield "bytes a rating, updated", bytes_a_rating(shop)
    yield "against numpy, updated", check(shop, shop.known(few))


def describe(shop: Shop, ids: list[str]) -> Figures:
    """Yield what the data are like, and their size in memory."""
    popular, active = np.sort(shop.popularity())[::-1], np.sort(shop.activity(ids))
    n = len(shop.preferences)
    yield "ratings / shoppers / items", f"{n:,} / {len(ids):,} / {len(shop.preferences.items):,}"
    share, raters = popular[0] / n, popular[0] / len(ids)
    yield "top item", f"{share:.2%} of all ratings, rated by {raters:.0%} of the shoppers"
    share = popular[: popular.size // 100].sum() / n
    yield "top 1% of the items", f"{share:.0%} of all ratings"
    yield "ratings a shopper, median / p99 / most", _counts(active, (50, 99, 100))
    yield "bytes a rating, loaded", bytes_a_rating(shop)


def requests(
    shop: Shop, user_ids: list[str], draw: str, goal: tuple[float, float] | None
) -> Figures:
    """Yield what requests of these shoppers cost, by strategy."""
    yield f"postings read, {draw}, median / p99", _counts(shop.postings(user_ids), (50, 99))
    for name, score in (
        ("user", shop.user_scores),
        ("item", shop.item_scores),
        ("hybrid", shop.hybrid_scores),
    ):
        measured = timed(shop, user_ids, score)
        figure = f"{measured[0]:.3f} / {measured[1]:.3f} ms"
        if goal and name == "user":
            met = measured[0] <= goal[0] and measured[1] <= goal[1]
            figure += f"   goal {goal[0]:g} / {goal[1]:g} {'met' if met else 'missed'}"
        yield f"{name}, {draw}, median / p99", figure


def timed(shop: Shop, user_ids: list[str], score: Score) -> tuple[float, float]:
    """Answer a request for each; return median and 99th percentile in milliseconds."""
    times = []
    for user_id in user_ids:
        start = time.perf_counter()
        shop.recommend(user_id, score)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3, float(np.percentile(times, 99)) * 1e3


def check(shop: Shop, user_ids: list[str]) -> str:
    """Compare scores with plain numpy; return the largest difference seen, in words."""
    by_users = ExpectedByUsers(shop.preferences)
    by_items = ExpectedByItems(shop.preferences, shop.features)
    users = [shop.user_scores(id_) - by_users.scores(id_, k=K) for id_ in user_ids]
    items = [shop.item_scores(id_) - by_items.scores(id_) for id_ in user_ids]
    worst = {"user": np.abs(users).max(), "item": np.abs(items).max()}
    assert max(worst.values()) < 1e-9, worst
    return ", ".join(f"{name}-based {difference:.0e}" for name, difference in worst.items())


def bytes_a_rating(shop: Shop) -> str:
    """Return the size of the tables, slack included."""
    return f"{shop.preferences.nbytes / len(shop.preferences):.1f}"


def _counts(numbers: npt.NDArray[np.int64], percentiles: tuple[int, ...]) -> str:
    return " / ".join(f"{figure:,.0f}" for figure in np.percentile(numbers, percentiles))


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_options(parser)
    parser.add_argument("--requests", type=int, default=2000, help="shoppers per draw")
    parser.add_argument("--updates", type=int, default=1_000_000, help="random changes")
    parser.add_argument("--checks", type=int, default=10, help="shoppers compared with numpy")
    return parser.parse_args()


if __name__ == "__main__":
    main()
