"""Events a second that a service takes in over HTTP, in batches of 100 and one by one.

Two workers, real HTTP, spells of load that alternate with a bare insert_many of the same documents
by one process. Every event that was acknowledged is counted in MongoDB afterwards, and a shopper's
list is asked for right after its event, which has to count: `fresh`, and no longer `popular`.
Goals: 3,000 events a second in batches of 100, 800 one by one.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from app.domain.accounts import Role
from benchmarks import engine_data, http_load
from benchmarks.http_load import Load, load
from benchmarks.http_shoppers import runtime_of
from benchmarks.servers import Server, get, post, service
from benchmarks.stored_shop import DATABASE, StoredShop, stored_shop

BATCH, BODIES, SHOPPERS = 100, 1000, 5000
GOALS = {"batches of 100": 3000, "one by one": 800}
KINDS = ["view"] * 70 + ["search"] * 5 + ["cart_add"] * 12 + ["purchase"] * 10 + ["favourite"] * 3
PREFIX = "benchmark-"  # of the shoppers' ids
_SCRIPT = Path(__file__).with_name("events_bodies.lua")


def main() -> None:
    """Fill, start, send, count, print."""
    args = _parsed()
    if reason := http_load.missing() or engine_data.missing():
        print(f"skipped: {reason}")
        return
    draw = random.Random(args.seed)
    with stored_shop(args.keep) as shop:
        with runtime_of(shop) as runtime:
            _, key = runtime.use_cases.keys.create(Role.STOREFRONT)
            items = [runtime.tables.items.id(row) for row in range(runtime.tables.items.capacity)]
        lines = [[_event(draw, items) for _ in range(BATCH)] for _ in range(BODIES)]
        files = {
            "batches of 100": _file(shop.folder / "batches", lines),
            "one by one": _file(shop.folder / "singles", [e for line in lines[:50] for e in line]),
        }
        with service(shop, WORKERS="2", SNAPSHOT_MINUTES="0") as server:
            get(f"{server.url}/health/ready")
            run(shop, server, key, files, lines, args)
            check_visible(server, key, draw, items)
        _forget(shop)


def run(
    shop: StoredShop,
    server: Server,
    key: str,
    files: dict[str, Path],
    lines: list[list[dict[str, Any]]],
    args: argparse.Namespace,
) -> None:
    """Alternate the spells, and tell medians; a first round warms up."""
    spells: dict[str, list[Load]] = {name: [] for name in files}
    bare: list[float] = []
    for _ in range(args.rounds + 1):
        for name, file in files.items():
            spells[name].append(_spell(shop, server, key, file, _size(name), args))
        bare.append(BODIES * BATCH / _timed(lambda: _insert_bare(shop, lines)))
    print(f"2 workers, {args.connections} connections; medians of {args.rounds} rounds\n")
    print(f"{'':<20} events/s    lowest   p50 ms   p99 ms   CPU µs a request")
    inserted = statistics.median(bare[1:])
    for name, found in spells.items():
        rates = [spell.rate * _size(name) for spell in found[1:]]
        figures = [
            statistics.median(getattr(spell, figure) for spell in found[1:])
            for figure in ("p50", "p99", "cpu")
        ]
        rate, goal = statistics.median(rates), GOALS[name]
        print(
            f"{name:<20} {rate:8,.0f}  {min(rates):8,.0f} "
            + " ".join(f"{figure:8.1f}" for figure in figures)
            + f"   goal {goal:,}: {'met' if rate >= goal else 'missed'}; "
            f"{rate / inserted:.2f} of insert_many"
        )
    print(f"{'bare insert_many':<20} {inserted:8,.0f}  {min(bare[1:]):8,.0f}")


def _size(name: str) -> int:
    return BATCH if name.startswith("batches") else 1


def _spell(
    shop: StoredShop, server: Server, key: str, file: Path, size: int, args: argparse.Namespace
) -> Load:
    before = _count(shop)
    found = load(
        server,
        "/events",
        file,
        seconds=args.seconds,
        connections=args.connections,
        script=_SCRIPT,
        words=[key],
    )
    stored, sent = _count(shop) - before, found.requests * size
    if stored < sent:  # wrk leaves while some answers are on their way: more is in order
        raise RuntimeError(f"{sent} events were acknowledged and {stored} are stored")
    return found


def check_visible(server: Server, key: str, draw: random.Random, items: list[str]) -> None:
    """Have new shoppers do one thing each and look at their lists at once."""
    headers = {"X-API-Key": key}
    for number in range(200):
        user_id = f"{PREFIX}new-{draw.random()}-{number}"
        event = {"kind": "purchase", "item_id": draw.choice(items[:500]), "user_id": user_id}
        _, told = post(f"{server.url}/events", event, headers)
        address = f"{server.url}/recommend?user_id={user_id}&strategy=user&n=1"
        answer = orjson.loads(get(address, headers | {"X-Freshness": told["X-Freshness"]}))
        if not answer["fresh"] or answer["strategy"] == "popular":
            raise RuntimeError(f"the event of {user_id} does not count: {answer}")
    print("\n200 of 200 events counted in their shopper's next list")


def _event(draw: random.Random, items: list[str]) -> dict[str, Any]:
    kind = draw.choice(KINDS)
    event: dict[str, Any] = {
        "kind": kind,
        "item_id": items[int(draw.random() ** 2 * len(items))],
        "user_id": f"{PREFIX}{draw.randrange(SHOPPERS)}",
        "context": {"device": draw.choice(["mobile", "desktop"]), "page": "/product"},
    }
    if kind == "purchase":
        event |= {"quantity": 1, "price": 9.5, "order_id": f"order {draw.randrange(10**6)}"}
    return event


def _file(path: Path, bodies: list[Any]) -> Path:
    path.write_bytes(b"\n".join(orjson.dumps(body) for body in bodies))
    return path


def _insert_bare(shop: StoredShop, lines: list[list[dict[str, Any]]]) -> None:
    with MongoClient[dict[str, Any]](shop.uri) as client:
        concern = WriteConcern("majority")
        bare = client[DATABASE].get_collection("bare", write_concern=concern)
        for line in lines:
            bare.insert_many([dict(event) for event in line], ordered=False)
        bare.drop()


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _count(shop: StoredShop) -> int:
    with MongoClient[dict[str, Any]](shop.uri) as client:
        return client[DATABASE]["events"].estimated_document_count()


def _forget(shop: StoredShop) -> None:
    with MongoClient[dict[str, Any]](shop.uri) as client:
        client[DATABASE]["events"].delete_many({})


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--seconds", type=int, default=4, help="of one spell of load")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
