"""Ratings a second of an import, beside a plain insert_many of the same documents.

    python -m benchmarks.importing [--ratings 200000] [--rounds 3]

Both write into a throwaway MongoDB in one run, by turns; the ratio is what counts. The import
reads and checks a CSV file and looks every item up before and after each batch; insert_many has
its documents ready in memory.
"""

import argparse
import csv
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.domain.catalogue import Item
from app.domain.ratings import RatingScale
from app.embedded import EmbeddedMongo
from app.repositories.catalogue import MongoItems
from app.repositories.mongo import MongoStore
from app.repositories.ratings import MongoRatings
from app.repositories.replica_set import initiate
from app.services.importing import RatingImport

BATCH = 20_000
USERS, ITEMS = 6_000, 4_000
Row = tuple[str, str, float, int]


def make_rows(count: int) -> list[Row]:
    """Return ratings of distinct pairs, shopper by shopper, as a shop's own export has them."""
    rng = random.Random(7)
    rows: list[Row] = []
    for user in range(USERS):
        for item in rng.sample(range(ITEMS), count // USERS + 1):
            rows.append(
                (f"u{user}", f"i{item}", float(rng.randint(1, 5)), 1_500_000_000 + len(rows))
            )
    return rows[:count]


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write what the import reads."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "item_id", "rating", "timestamp"])
        writer.writerows(rows)


def documents_of(rows: list[Row]) -> list[dict[str, Any]]:
    """Return what the import stores."""
    return [
        {
            "_id": {"user_id": user, "item_id": item},
            "rating": rating,
            "rated_at": datetime.fromtimestamp(at, UTC),
        }
        for user, item, rating, at in rows
    ]


def fresh(store: MongoStore) -> None:
    """Empty the database, but for the items."""
    store.client.drop_database(store.database.name)
    store.prepare()
    MongoItems(store).replace_many([Item(f"i{number}") for number in range(ITEMS)])


def time_plain(store: MongoStore, rows: list[Row]) -> float:
    """Return ratings a second of insert_many."""
    documents = documents_of(rows)
    fresh(store)
    started = time.perf_counter()
    for start in range(0, len(documents), BATCH):
        store.collection("ratings").insert_many(documents[start : start + BATCH], ordered=False)
    return len(documents) / (time.perf_counter() - started)


def time_import(store: MongoStore, path: Path) -> float:
    """Return ratings a second of the import."""
    fresh(store)
    importer = RatingImport(MongoRatings(store), MongoItems(store), RatingScale())
    started = time.perf_counter()
    report = importer.run(path)
    return report.stored / (time.perf_counter() - started)


def main() -> None:
    """Run both by turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = make_rows(options.ratings)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedMongo(Path(folder), prepare=initiate) as mongo,
    ):
        path = Path(folder) / "ratings.csv"
        write_csv(path, rows)
        store = MongoStore(mongo.uri, "benchmark")
        plain, imported = [], []
        for number in range(1, options.rounds + 1):
            plain.append(time_plain(store, rows))
            imported.append(time_import(store, path))
            print(f"round {number}: insert_many {plain[-1]:,.0f}/s, import {imported[-1]:,.0f}/s")
        store.close()
    ratio = statistics.median(imported) / statistics.median(plain)
    print(
        f"{len(rows):,} ratings: insert_many {statistics.median(plain):,.0f}/s, "
        f"import {statistics.median(imported):,.0f}/s, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
