"""What the engine costs, on MovieLens 1M or on a made-up shop; every figure is checked.

    python -m benchmarks.engine_user_based [--synthetic 10m]

Shoppers are drawn uniformly, and by activity (a shopper with twice the ratings, twice as often);
a request is: profile, 50 neighbours, scores, mask, the ten best. Answers of some shoppers are
compared with plain numpy.
"""

import argparse
import gc
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from app.engine import ranking
from app.engine.feature_table import Features
from app.engine.features import encode_many
from app.engine.hybrid import parts
from app.engine.ids import IdIndex
from app.engine.item_based import ItemBased
from app.engine.loading import Batch
from app.engine.preferences import Preferences
from app.engine.user_based import UserBased
from app.engine.warmup import compile_kernels
from benchmarks import engine_expected as expected
from benchmarks.engine_data import MOVIELENS, SYNTHETIC, catalogue, movielens, synthetic

K, N, TOP = 50, 10, 5.0
Floats = npt.NDArray[np.float64]


class Shop:
    """The live state of one data set and the three recommenders."""

    def __init__(self) -> None:
        self.preferences = Preferences(IdIndex(), IdIndex(), threading.RLock())
        self.features = Features(self.preferences.items, self.preferences.lock)
        self.user_based = UserBased(self.preferences)
        self.item_based = ItemBased(self.features)

    def user_scores(self, user_id: str) -> Floats:
        """Score all items by neighbours."""
        profile = self.preferences.profile(user_id)
        assert profile is not None
        return self.user_based.scores(profile, self.user_based.neighbours(profile, k=K))

    def item_scores(self, user_id: str) -> Floats:
        """Score all items by features."""
        profile = self.preferences.profile(user_id)
        assert profile is not None
        return self.item_based.scores(profile)

    def hybrid_scores(self, user_id: str) -> Floats:
        """Score all items by both."""
        user, item = self.user_scores(user_id), self.item_scores(user_id)
        return np.add(*parts(user, item, w_user=0.6, w_item=0.4, top=TOP))

    def recommend(self, user_id: str, score: Callable[[str], Floats]) -> list[str]:
        """Answer one request."""
        items = self.preferences.items
        profile = self.preferences.profile(user_id)
        assert profile is not None
        allowed = ranking.everything(items)
        ranking.block(allowed, profile.items)
        rows = ranking.top_n(score(user_id), items, n=N, allowed=allowed, positive=True)
        return [items.id(row) for row in rows.tolist()]


def check(shop: Shop, user_ids: list[str]) -> str:
    """Compare scores with plain numpy; return the largest difference seen, in words."""
    tables = shop.preferences
    users = [shop.user_scores(u) - expected.user_scores(tables, u, k=K) for u in user_ids]
    worst = f"user-based {max(np.abs(d).max() for d in users):.0e}"
    if tables.items.capacity <= 10_000:
        dense = expected.dense_features(shop.features)
        items = [shop.item_scores(u) - expected.item_scores(tables, dense, u) for u in user_ids]
        worst += f", item-based {max(np.abs(d).max() for d in items):.0e}"
    return worst


def timed(shop: Shop, user_ids: list[str], score: Callable[[str], Floats]) -> str:
    """Answer a request for each; return median and 99th percentile."""
    times = []
    for user_id in user_ids:
        start = time.perf_counter()
        shop.recommend(user_id, score)
        times.append(time.perf_counter() - start)
    return f"{np.median(times) * 1e3:.3f} / {np.percentile(times, 99) * 1e3:.3f} ms"


def update(shop: Shop, ids: list[str], count: int, rng: np.random.Generator) -> dict[str, str]:
    """Change random pairs: new and replaced values, every third change a removal."""
    items = shop.preferences.items
    item_ids = [items.id(row) for row in range(items.capacity)]
    users, chosen = rng.integers(0, len(ids), count), rng.integers(0, len(item_ids), count)
    known = [(u, i) for u in ids[:2000] for i, _, _ in shop.preferences.of_user(u)]
    spent: dict[str, list[float]] = {"put new": [], "put again": [], "remove": []}
    for step, (user, item) in enumerate(zip(users.tolist(), chosen.tolist(), strict=True)):
        kind = ("put new", "put again", "remove")[step % 3]
        old = known[step // 3 % len(known)]
        pair = (ids[user], item_ids[item]) if kind == "put new" else old
        start = time.perf_counter()
        if kind == "remove":
            shop.preferences.remove(*pair)
        else:
            shop.preferences.put(pair[0], pair[1], 1.0 + step % 5)
        spent[kind].append(time.perf_counter() - start)
    return {
        f"{kind}, median / mean / p99.9": " / ".join(
            f"{figure * 1e6:.1f}"
            for figure in (np.median(times), np.mean(times), np.percentile(times, 99.9))
        )
        + " µs"
        for kind, times in spent.items()
    }


def measure(batches: Iterator[Batch], ids: list[str], args: argparse.Namespace) -> dict[str, str]:
    """Run everything; return label -> figure."""
    rng, shop = np.random.default_rng(args.seed), Shop()
    figures: dict[str, str] = {}
    ready = list(batches)
    start = time.perf_counter()
    shop.preferences.load(ready)
    figures["load"] = f"{time.perf_counter() - start:.2f} s"
    del ready
    preferences = shop.preferences
    figures["ratings"] = f"{len(preferences):,}"
    figures["bytes a rating, loaded"] = f"{preferences.nbytes / len(preferences):.1f}"
    item_ids = [preferences.items.id(row) for row in range(preferences.items.capacity)]
    columns = catalogue(item_ids, real=not args.synthetic)
    shop.features.put_encoded_many(item_ids, *encode_many(columns))
    gc.freeze()
    ids = [id_ for id_ in ids if preferences.users.row(id_) is not None]
    lengths = np.array([preferences.by_user.length(preferences.users.row(u) or 0) for u in ids])
    draws = {
        "uniform": rng.integers(0, len(ids), args.requests),
        "by activity": rng.choice(len(ids), args.requests, p=lengths / lengths.sum()),
    }
    for draw, places in draws.items():
        users = [ids[at] for at in places.tolist()]
        for name in ("user", "item", "hybrid"):
            figures[f"{name}, {draw}, median / p99"] = timed(
                shop, users, getattr(shop, f"{name}_scores")
            )
    few = [ids[at] for at in draws["uniform"][: args.checks].tolist()]
    figures["against numpy, loaded"] = check(shop, few)
    figures |= update(shop, ids, args.updates, rng)
    figures["bytes a rating, updated"] = f"{preferences.nbytes / len(preferences):.1f}"
    few = [user for user in few if preferences.profile(user) is not None]
    figures["against numpy, updated"] = check(shop, few)
    return figures


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--synthetic", choices=SYNTHETIC, help="made-up ratings of this size")
    parser.add_argument("--requests", type=int, default=2000, help="shoppers per draw")
    parser.add_argument("--updates", type=int, default=1_000_000, help="random changes")
    parser.add_argument("--checks", type=int, default=10, help="shoppers compared with numpy")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    args = parsed()
    if not args.synthetic and not (MOVIELENS / "interactions.csv.gz").exists():
        print(f"skipped: MovieLens 1M is not at {MOVIELENS}; try --synthetic 1m")
        return
    compile_kernels()
    rng = np.random.default_rng(args.seed)
    source = synthetic(SYNTHETIC[args.synthetic], rng) if args.synthetic else movielens()
    figures = measure(*source, args)
    width = max(map(len, figures))
    print(f"{args.synthetic or 'MovieLens 1M'}, k = {K}, top {N}")
    for label, figure in figures.items():
        print(f"{label:<{width}}  {figure}")


if __name__ == "__main__":
    main()
