"""What shoppers do, taken in and read: microseconds an event, milliseconds a shelf.

    python -m benchmarks.behaviour [--items 100000] [--events 1000000] [--rounds 200]

A made-up shop: visits of one to eight looks and, one in five, an order of one to fifteen lines; few
items get most of it. The history is filled with the first events, then takes in more of the
stream one by one: the time of `History.add`, which is all that keeps baskets and what comes next
up to date, and the same with the sums of `engine.activity` that hang on it. Then the shelves are
filled, without HTTP, for shoppers, items and carts drawn by what was done.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.domain.changes import Change, Collection
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings
from app.engine.tables.event_record import EventBatch, Fact
from app.engine.tables.history import History
from app.engine.tables.implied import DAY_MS, Formula, Implied, Landmark
from app.engine.warmup import compile_kernels
from app.usecases import Runtime
from benchmarks.filters import made_up
from config import Settings

GOAL_ADD = 10.0
NEW_EVENTS = 50_000
_NOBODY = "mongodb://127.0.0.1:1"  # never asked
_AT_ONCE = 5_000
_BEGUN_DAYS_AGO = 180
Random = np.random.Generator
Asked = Callable[[], Query]


class Row(NamedTuple):
    """One event, as `History.add` takes it."""

    subject: str
    item: str
    fact: Fact


def main() -> None:
    """Fill a shop, and measure."""
    args = _parsed()
    compile_kernels()
    rng = np.random.default_rng(args.seed)
    with TemporaryDirectory() as folder:
        settings = Settings(environment="development", data_dir=Path(folder))
        repositories = Repositories(_NOBODY, "unused")
        runtime = build_runtime(settings, repositories)
        rows = fill(runtime, args, rng)
        adding(runtime.tables.history, rows)
        reading(runtime, args, rng)
        repositories.store.close()


def fill(runtime: Runtime, args: argparse.Namespace, rng: Random) -> list[Row]:
    """Put items and events into memory; return events that come next."""
    catalogue = next(each for each in runtime.projections if each.name == "catalogue")
    for start in range(0, args.items, _AT_ONCE):
        for item in made_up(range(start, min(start + _AT_ONCE, args.items)), rng):
            catalogue.apply(Change(Collection.ITEMS, item.item_id, item))
    stream = visits(args, rng)
    rows = [next(stream) for _ in range(args.events + NEW_EVENTS)]
    old = rows[: args.events]
    batches = (old[at : at + _AT_ONCE] for at in range(0, args.events, _AT_ONCE))
    history = runtime.tables.history
    history.load(EventBatch(*zip(*batch, strict=True)) for batch in batches)
    imply(runtime)
    runtime.habits.learn()
    print(f"{args.items:,} items, {len(history):,} events of {args.events // 20:,} subjects\n")
    return rows[args.events :]


def imply(runtime: Runtime) -> None:
    """Compute what the events say of preferences, as the feed does after a load."""
    tables, shop = runtime.tables, ShopSettings()
    formula = Formula(shop.weights, shop.half_life_days, shop.saturation, runtime.scale.top)
    landmark = Landmark.near(time.time() * 1000, shop.half_life_days * DAY_MS)
    implied = Implied(tables.history, formula, landmark)

    def also() -> None:
        tables.implied = implied

    values = implied.of_subjects(tables.history.subjects())
    tables.preferences.replace_implied(*values, also=also)


def visits(args: argparse.Namespace, rng: Random) -> Iterator[Row]:
    """Make events without end, in order of time; the first so many reach up to now."""
    begun = (time.time() - _BEGUN_DAYS_AGO * 86_400) * 1000
    step = _BEGUN_DAYS_AGO * 86_400_000 / args.events
    number = 0
    while True:
        subject = f"s{rng.integers(args.events // 20)}"
        order = f"o{number}" if rng.random() < 0.2 else None
        lines = int(rng.integers(1, 16 if order else 9))
        items = (args.items * rng.random(lines) ** 3).astype(int).tolist()
        at = int(begun + number * step)
        for line, item in enumerate(items):
            kind, when = ("purchase", at) if order else ("view", at + line * 1000)
            yield Row(subject, f"i{item}", Fact(f"e{number}", kind, when, order_id=order))
            number += 1


def adding(history: History, rows: list[Row]) -> None:
    """Measure what an event costs, with what is counted by the way and without."""
    counters, half = history.counters, len(rows) // 2
    history.counters = []
    alone = per_event(history, rows[:half])
    history.counters = counters
    with_sums = per_event(history, rows[half:])
    verdict = "met" if alone <= GOAL_ADD else "missed"
    print(f"History.add, an event, over {half:,} of the stream: {alone:.2f} us", end="")
    print(f" (goal {GOAL_ADD:g}: {verdict}); with the sums of activity {with_sums:.2f} us\n")


def per_event(history: History, rows: list[Row]) -> float:
    """Return microseconds an event: the median of the means of a thousand each."""
    means = []
    for at in range(0, len(rows), 1000):
        some = rows[at : at + 1000]
        start = time.perf_counter()
        for row in some:
            history.add(*row)
        means.append((time.perf_counter() - start) / len(some) * 1e6)
    return float(np.median(means))


def reading(runtime: Runtime, args: argparse.Namespace, rng: Random) -> None:
    """Measure every shelf, and print a line each."""
    history = runtime.tables.history
    subjects = [history.users.id(row) for row in history.subjects().tolist()]

    def subject() -> str:
        return subjects[int(rng.integers(len(subjects)))]

    def item() -> str:
        return f"i{int(args.items * rng.random() ** 3)}"

    def cart(size: int) -> Asked:
        return lambda: Query(items=tuple(item() for _ in range(size)))

    print(f"{'top 10 of':<34}{'median ms':>10}{'p99':>8}{'not popular':>13}")
    for shelf, about, asked in (
        ("bought_together", "an item", lambda: Query(item_id=item())),
        ("bought_together", "the most popular", lambda: Query(item_id="i0")),
        ("cart", "5 items", cart(5)),
        ("cart", "20 items", cart(20)),
        ("cart", "100 items", cart(100)),
        ("recently_viewed", "", lambda: Query(subject=subject())),
        ("buy_again", "", lambda: Query(subject=subject())),
        ("for_you", "without a session", lambda: Query(subject=subject(), session_strength=0.0)),
        ("for_you", "with the session", lambda: Query(subject=subject())),
        ("popular", "for comparison", Query),
    ):
        median, p99, made = timed(runtime, shelf, asked, args.rounds)
        name = f"{shelf} {about}".strip()
        print(f"{name:<34}{median:10.3f}{p99:8.3f}{made:13.0%}", flush=True)


def timed(runtime: Runtime, shelf: str, asked: Asked, rounds: int) -> tuple[float, float, float]:
    """Return median and 99th percentile in ms, and how many lists were not merely popular."""
    times, own = [], 0
    for _ in range(rounds):
        query = asked()
        start = time.perf_counter()
        page = runtime.use_cases.recommendations.shelf(shelf, query)
        times.append((time.perf_counter() - start) * 1e3)
        own += page.strategy != "popular" and bool(page.items)
    return float(np.median(times)), float(np.percentile(times, 99)), own / rounds


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200, help="lists of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


if __name__ == "__main__":
    main()
