"""Changes a second that one worker takes in, beside the bare driver draining the same stream.

    python -m benchmarks.feed [--changes 200000] [--rounds 3]

A real mongod is filled with a made-up shop of MovieLens 1M's size, and memory is loaded from it.
Then ratings are written, half of them new and half replacing others, while nobody follows; then
the service's own feed follows and takes them all in, and memory has to equal the database. By
turns, the driver reads the same stream (`watch`, the same stages) and does nothing with it. Rates
are by wall time, and by processor time of this process alone: mongod works beside it.
"""

import argparse
import statistics

from app.bootstrap.logs import configure
from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.usecases import Runtime
from benchmarks.feed_bare import drain
from benchmarks.feed_clock import Clock, Spent
from benchmarks.feed_writes import Writes
from benchmarks.stored_shop import DATABASE, StoredShop, stored_shop
from config import Settings

GOAL = 40_000


def main() -> None:
    """Fill, write, follow, print."""
    args = _parsed()
    with stored_shop(None, "1m") as shop:
        ours: list[Spent] = []
        bare: list[Spent] = []
        for number in range(1, args.rounds + 1):
            taken, drained = one_round(shop, args.changes, seed=number)
            ours.append(taken)
            bare.append(drained)
            print(f"round {number}: feed {taken}; bare driver {drained}", flush=True)
    tell(ours, bare)


def one_round(shop: StoredShop, count: int, *, seed: int) -> tuple[Spent, Spent]:
    """Write, then let both read; return what each spent on a change."""
    repositories = Repositories(shop.uri, DATABASE)
    repositories.store.prepare()
    settings = Settings(data_dir=shop.folder, log_level="error")
    configure(settings)
    runtime = build_runtime(settings, repositories)
    try:
        begin = repositories.changes.now()
        for projection in runtime.projections:
            projection.load()
        written = Writes(repositories.store.client[DATABASE], seed=seed).make(count)
        with Clock(shop.mongod) as clock:
            runtime.feed.start(begin)
        taken = clock.spent(count)
        runtime.feed.stop()
        check(runtime, repositories, written)
        with Clock(shop.mongod) as clock:
            drain(repositories.store.client[DATABASE], begin.resume_token, count)
        return taken, clock.spent(count)
    finally:
        runtime.feed.stop()
        repositories.store.close()


def check(
    runtime: Runtime, repositories: Repositories, written: dict[tuple[str, str], float]
) -> None:
    """Raise AssertionError unless memory holds everything, as often as the database."""
    stored = repositories.store.client[DATABASE]["ratings"].count_documents({})
    preferences = runtime.tables.preferences
    assert len(preferences) == stored, (len(preferences), stored)
    of_user: dict[str, dict[str, float]] = {}
    for (user_id, item_id), rating in written.items():
        if user_id not in of_user:
            of_user[user_id] = {id_: value for id_, value, _ in preferences.of_user(user_id)}
        assert of_user[user_id].get(item_id) == rating, (user_id, item_id, rating)


def tell(ours: list[Spent], bare: list[Spent]) -> None:
    """Print medians, the ratio first."""
    ratios = [a.wall_rate / b.wall_rate for a, b in zip(ours, bare, strict=True)]
    cpu_ratios = [a.cpu_rate / b.cpu_rate for a, b in zip(ours, bare, strict=True)]
    print(
        f"\nof the bare driver's rate: {statistics.median(ratios):.2f} by wall time, "
        f"{statistics.median(cpu_ratios):.2f} by processor time; medians of {len(ours)} rounds"
    )
    for name, spent in (("feed", ours), ("bare driver", bare)):
        wall = statistics.median(one.wall_rate for one in spent)
        cpu = statistics.median(one.cpu_rate for one in spent)
        mongod = statistics.median(one.mongod_rate for one in spent)
        verdict = f"   goal {GOAL:,} {'met' if wall >= GOAL else 'missed'}"
        print(
            f"{name:<12} {wall:8,.0f}/s   by its processor time {cpu:8,.0f}/s, by mongod's "
            f"{mongod:8,.0f}/s{verdict if name == 'feed' else ''}"
        )
    print("memory equals the database after every round")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
