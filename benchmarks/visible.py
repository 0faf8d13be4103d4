"""Milliseconds from a write through one worker until another worker shows it.

    python -m benchmarks.visible [--rate 200] [--seconds 10]

Two workers, real HTTP, writes paced evenly and sent through both. Each is the first rating of a
new shopper; once it is acknowledged, the other worker is asked for that shopper's list, with the
freshness token of the write. It answers when its memory holds the rating, and has to say `fresh`
and the strategy `user`: to a shopper without ratings it would say `popular`. An answer that is not
fresh is asked for again. The time includes that request and its answer, so it is an upper bound.
Goal: p99 at most 20 ms from the acknowledgement.
"""

import argparse
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from pymongo import MongoClient

from app.domain.accounts import Role
from benchmarks import engine_data
from benchmarks.http_shoppers import runtime_of
from benchmarks.pinned import pinned
from benchmarks.servers import Server, get, service
from benchmarks.stored_shop import DATABASE, StoredShop, stored_shop
from benchmarks.visible_write import Seen, Writer

GOAL_MS = 20.0
PAIRS = 4  # writes under way at once in each direction, at most
ITEMS = 500
PREFIX = "new"  # of the ids of the shoppers who write


def main() -> None:
    """Fill, start, write, print."""
    args = _parsed()
    if reason := engine_data.missing():
        print(f"skipped: {reason}")
        return
    with stored_shop(args.keep) as shop:
        key, items = prepare(shop)
        with service(shop, WORKERS="2", SNAPSHOT_MINUTES="0") as server:
            get(f"{server.url}/health/ready")
            with writers(server, key) as both_ways:
                measure(both_ways, items, rate=args.rate, seconds=1)  # warms up
                started = time.perf_counter()
                seen = measure(both_ways, items, rate=args.rate, seconds=args.seconds)
                tell(seen, len(seen) / (time.perf_counter() - started))
        forget(shop)


def prepare(shop: StoredShop) -> tuple[str, list[str]]:
    """Return a new storefront key, and the most rated items: whoever rates one has neighbours."""
    with runtime_of(shop) as runtime:
        _, secret = runtime.use_cases.keys.create(Role.STOREFRONT)
        items, by_item = runtime.tables.items, runtime.tables.preferences.by_item
        order = np.argsort(by_item.lengths(items.capacity))[::-1]
        return secret, [items.id(row) for row in order[:ITEMS].tolist()]


@contextmanager
def writers(server: Server, key: str) -> Iterator[list[Writer]]:
    """Connect each worker with the other, both ways."""
    one, other = pinned(server, 2 * PAIRS).values()
    ends = [*zip(one[:PAIRS], other[:PAIRS], strict=True)]
    ends += zip(other[PAIRS:], one[PAIRS:], strict=True)
    try:
        yield [Writer(sender, observer, {"X-API-Key": key}) for sender, observer in ends]
    finally:
        for connection in (*one, *other):
            connection.close()


def measure(both_ways: list[Writer], items: list[str], *, rate: int, seconds: int) -> list[Seen]:
    """Write so many first ratings a second."""
    run, numbers = secrets.token_hex(4), count()
    started = time.perf_counter()

    def work(writer: Writer) -> list[Seen]:
        seen = []
        while (number := next(numbers)) < rate * seconds:
            due = started + number / rate
            item_id = items[number % len(items)]
            seen.append(writer.first_rating(f"{PREFIX}-{run}-{number}", item_id, due=due))
        return seen

    with ThreadPoolExecutor(len(both_ways)) as threads:
        return [one for some in threads.map(work, both_ways) for one in some]


def forget(shop: StoredShop) -> None:
    """Remove what was written: a kept database stays what it was."""
    written = {"$gte": {"user_id": f"{PREFIX}-"}, "$lt": {"user_id": f"{PREFIX}."}}
    with MongoClient[dict[str, Any]](shop.uri) as client:
        client[DATABASE]["ratings"].delete_many({"_id": written})


def tell(seen: list[Seen], rate: float) -> None:
    """Print medians and tails."""
    acknowledged = np.array([one.from_acknowledgement for one in seen]) * 1e3
    sending = np.array([one.from_sending for one in seen]) * 1e3
    late = np.percentile([one.late for one in seen], 99) * 1e3
    again = sum(one.requests > 1 for one in seen)
    verdict = "met" if np.percentile(acknowledged, 99) <= GOAL_MS else "missed"
    print(f"{len(seen):,} writes, {rate:.0f} a second; every one was shown by the other worker\n")
    print(f"{'until the other worker shows it, ms':<36}  median     p99     max")
    for name, times in (("from the acknowledgement", acknowledged), ("from sending", sending)):
        median, p99 = np.percentile(times, (50, 99))
        goal = f"   goal p99 {GOAL_MS:.0f}, {verdict}" if times is acknowledged else ""
        print(f"{name:<36} {median:7.2f} {p99:7.2f} {times.max():7.2f}{goal}")
    print(f"\n{again} answers were not fresh after 50 ms and asked for again")
    print(f"writes began at most {late:.1f} ms after their time (p99)")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=int, default=200, help="writes a second")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
