"""Item-based requests over a large catalogue: the shop's own dense features, and encoded ones.

    python -m benchmarks.features [--items 100000] [--rounds 200]

A request is: profile, similarity of every item with every item of the profile, scores, mask, the
ten best. Own features: 128 numbers an item, all positive (counts, shares) or of both signs
(embeddings), where |cosine| forbids to add the profile up first. Encoded ones: category of two
levels, brand, price, tags and a title of five words, as `flask import items` encodes them. Every
kind of request is checked against plain numpy.
"""

import argparse
import gc
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from app.engine.tables.features import ItemColumns
from app.engine.warmup import compile_kernels
from benchmarks.engine_expected import ExpectedByItems
from benchmarks.engine_shop import Shop

DIMENSIONS = 128
PROFILES = (5, 20, 100, 500)  # ratings of a new shopper, a usual one, a regular, a collector
TYPICAL = 20
GOALS = {"own, positive": 3.0, "own, both signs": 3.0, "encoded": 1.0}
Floats = npt.NDArray[np.float64]
Expected = Callable[[str], Floats]


def main() -> None:
    """Measure each kind in turn and print."""
    args = _parsed()
    compile_kernels()
    rng = np.random.default_rng(args.seed)
    print(f"{args.items:,} items, top 10; median / p99 in ms of {args.rounds} requests\n")
    columns = "".join(f"{f'{size} rated':>17}" for size in PROFILES)
    print(f"{'features':<17}{columns}   goal at {TYPICAL}, median   against numpy")
    for name, make in (
        ("own, positive", lambda: own(args.items, rng, signed=False)),
        ("own, both signs", lambda: own(args.items, rng, signed=True)),
        ("encoded", lambda: encoded(args.items, rng)),
    ):
        tell(name, *make(), args.rounds)
        gc.collect()


def tell(name: str, shop: Shop, expected: Expected, rounds: int) -> None:
    """Measure one kind of features for profiles of every size, and print a line."""
    medians, text, worst = {}, "", 0.0
    for size in PROFILES:
        worst = max(worst, float(np.abs(shop.item_scores(f"s{size}") - expected(f"s{size}")).max()))
        medians[size], p99 = timed(shop, f"s{size}", rounds)
        text += f"{f'{medians[size]:.2f} / {p99:.2f}':>17}"
    assert worst < 1e-6, worst
    goal = GOALS[name]
    verdict = f"{goal:g} {'met' if medians[TYPICAL] <= goal else 'missed'}"
    print(f"{name:<17}{text}   {verdict:<18}   {worst:.0e}", flush=True)


def timed(shop: Shop, user_id: str, rounds: int) -> tuple[float, float]:
    """Return median and 99th percentile of a shopper's requests, in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        shop.recommend(user_id, shop.item_scores)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3, float(np.percentile(times, 99)) * 1e3


def own(n_items: int, rng: np.random.Generator, *, signed: bool) -> tuple[Shop, Expected]:
    """Return a shop whose items brought vectors along, and its scores in plain numpy."""
    shape = n_items, DIMENSIONS
    vectors = rng.standard_normal(shape) if signed else rng.gamma(0.5, size=shape)
    vectors = vectors.astype(np.float32).astype(np.float64)
    shop = Shop()
    for at, vector in enumerate(vectors):
        shop.features.put_own(f"i{at}", vector)
    rate(shop, n_items, rng)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.array([shop.preferences.items.row(f"i{at}") for at in range(n_items)], np.intp)

    def expected(user_id: str) -> Floats:
        profile = shop.profile(user_id)
        by_row = np.empty_like(unit)
        by_row[rows] = unit
        scores: Floats = np.abs(by_row @ by_row[profile.items].T) @ profile.values
        return scores / np.abs(profile.values).sum()

    return shop, expected


def encoded(n_items: int, rng: np.random.Generator) -> tuple[Shop, Expected]:
    """Return a shop whose items were encoded from columns, and its scores in plain numpy."""
    words = (5_000 * rng.random((n_items, 5)) ** 2).astype(int).tolist()
    kinds, brands = rng.integers(0, 200, n_items).tolist(), rng.integers(0, 2_000, n_items).tolist()
    prices = np.exp(rng.normal(3.0, 1.0, n_items)).tolist()
    columns = [
        ItemColumns(
            category=f"c{kinds[at] % 10}|c{kinds[at]}",
            brand=f"b{brands[at]}",
            price=prices[at],
            tags=(f"t{words[at][0] % 50}",),
            title=" ".join(f"w{word}" for word in words[at]),
        )
        for at in range(n_items)
    ]
    shop = Shop()
    shop.put_encoded([f"i{at}" for at in range(n_items)], columns)
    rate(shop, n_items, rng)
    return shop, ExpectedByItems(shop.preferences, shop.features).scores


def rate(shop: Shop, n_items: int, rng: np.random.Generator) -> None:
    """Give a shopper `s<n>` n ratings of random items, for every size of profile."""
    shop.preferences.load(
        (
            [f"s{size}"] * size,
            [f"i{at}" for at in rng.choice(n_items, size, replace=False).tolist()],
            rng.integers(1, 6, size).astype(np.float64),
        )
        for size in PROFILES
    )


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200, help="requests of each profile")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


if __name__ == "__main__":
    main()
