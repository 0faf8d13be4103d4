"""Ratings and events a second of an import, beside a plain insert_many of the same documents.

    python -m benchmarks.importing [--rows 200000] [--rounds 3]

Both write into a throwaway MongoDB in one run, by turns; the ratio is what counts. The import
reads and checks a CSV file and looks every item up; insert_many has its documents, those that the
import made, ready in memory.
"""

import argparse
import csv
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.data.importing.events import EventImport
from app.data.importing.ratings import RatingImport
from app.data.importing.runs import ImportReport
from app.domain.catalogue import Item
from app.domain.changes import Written
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.repositories.catalogue import MongoItems
from app.repositories.events import MongoEvents
from app.repositories.mongo import MongoStore
from app.repositories.ratings import MongoRatings
from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo
from app.services.events import Stored

BATCH = 20_000
USERS, ITEMS = 6_000, 4_000
FIRST = 1_500_000_000  # Unix seconds
Row = tuple[Any, ...]
HEADERS = {
    "ratings": ["user_id", "item_id", "rating", "timestamp"],
    "events": ["user_id", "item_id", "event", "timestamp", "quantity", "price", "order_id"],
}


def make_pairs(count: int) -> Iterator[tuple[random.Random, str, str, int]]:
    """Yield distinct pairs with a time, shopper by shopper, as a shop's own export has them."""
    rng, number = random.Random(7), 0
    for user in range(USERS):
        for item in rng.sample(range(ITEMS), count // USERS + 1):
            if number < count:
                yield rng, f"u{user}", f"i{item}", FIRST + number
            number += 1


def make_rows(what: str, count: int) -> list[Row]:
    """Return as many rows under the header above: ratings, or purchases in orders of ten."""
    if what == "ratings":
        return [(u, i, float(rng.randint(1, 5)), at) for rng, u, i, at in make_pairs(count)]
    return [
        (u, i, "purchase", at, rng.randint(1, 3), rng.randint(1, 999) / 100, f"o{at // 10}")
        for rng, u, i, at in make_pairs(count)
    ]


class StoredEvents:
    """Stores events as the service does, but for its one look at who is being deleted."""

    def __init__(self, events: MongoEvents) -> None:
        self._events = events

    def store(self, events: Any) -> Written[Stored]:
        """Store events."""
        written = self._events.add_many(events)
        return Written(Stored(written.value, {}), written.position)


def runner(what: str, store: MongoStore) -> Callable[[Path], ImportReport]:
    """Return the import of ratings or events into the store."""
    items = MongoItems(store)
    if what == "ratings":
        return RatingImport(MongoRatings(store), items, RatingScale()).run
    return EventImport(StoredEvents(MongoEvents(store)), items, ShopSettings).run


def fresh(store: MongoStore) -> None:
    """Empty the database, but for the items."""
    store.client.drop_database(store.database.name)
    store.prepare()
    MongoItems(store).replace_many([Item(f"i{number}") for number in range(ITEMS)])


def time_plain(store: MongoStore, what: str, documents: list[dict[str, Any]]) -> float:
    """Return documents a second of insert_many."""
    fresh(store)
    started = time.perf_counter()
    for start in range(0, len(documents), BATCH):
        store.collection(what).insert_many(documents[start : start + BATCH], ordered=False)
    return len(documents) / (time.perf_counter() - started)


def time_import(store: MongoStore, what: str, path: Path) -> float:
    """Return rows a second of the import."""
    fresh(store)
    run = runner(what, store)
    started = time.perf_counter()
    report = run(path)
    return report.stored / (time.perf_counter() - started)


def compare(store: MongoStore, what: str, path: Path, rounds: int) -> None:
    """Run both by turns and print medians."""
    time_import(store, what, path)
    documents = list(store.collection(what).find().sort("$natural", 1))
    plain, imported = [], []
    for number in range(1, rounds + 1):
        plain.append(time_plain(store, what, documents))
        imported.append(time_import(store, what, path))
        print(
            f"{what}, round {number}: insert_many {plain[-1]:,.0f}/s, import {imported[-1]:,.0f}/s"
        )
    ratio = statistics.median(imported) / statistics.median(plain)
    print(
        f"{len(documents):,} {what}: insert_many {statistics.median(plain):,.0f}/s, "
        f"import {statistics.median(imported):,.0f}/s, ratio {ratio:.2f}"
    )


def main() -> None:
    """Compare for both kinds of files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedMongo(Path(folder), prepare=initiate) as mongo,
    ):
        store = MongoStore(mongo.uri, "benchmark")
        for what, header in HEADERS.items():
            path = Path(folder) / f"{what}.csv"
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([header, *make_rows(what, options.rows)])
            compare(store, what, path, options.rounds)
        store.close()


if __name__ == "__main__":
    main()
