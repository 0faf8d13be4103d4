"""Imports of public data sets into a real MongoDB, and of one that is killed midway."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.ratings import RatingScale
from app.repositories.catalogue import MongoItems
from app.repositories.mongo import MongoStore
from app.repositories.ratings import MongoRatings
from app.services.exporting import Exports
from app.services.importing import ImportOptions, ItemImport, RatingImport

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


class Writer:
    """Stores items as they are: encoding is not the matter here."""

    def __init__(self, items: MongoItems) -> None:
        self._items = items

    def put_many(self, items):
        return self._items.replace_many(items)


class Shop:
    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.name = f"import_{uuid4().hex[:12]}"
        self.store = MongoStore(uri, self.name)
        self.store.prepare()
        self.items = MongoItems(self.store)
        self.ratings = MongoRatings(self.store)
        self.item_import = ItemImport(Writer(self.items))
        self.rating_import = RatingImport(self.ratings, self.items, RatingScale())
        self.exports = Exports(self.items, self.ratings)

    def documents(self) -> list[dict]:
        return list(self.store.collection("ratings").find().sort("_id", 1))

    def count(self) -> int:
        return self.store.collection("ratings").estimated_document_count()

    def close(self) -> None:
        self.store.client.drop_database(self.name)
        self.store.close()


@pytest.fixture
def shop(mongo_uri: str) -> Iterator[Shop]:
    made = Shop(mongo_uri)
    yield made
    made.close()


@pytest.fixture
def twin(mongo_uri: str) -> Iterator[Shop]:
    made = Shop(mongo_uri)
    yield made
    made.close()


def data_set(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"the data set {name} is not in {DATA}")
    return DATA / name


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "items", "ratings"), [("ml-100k", 1_682, 100_000), ("ml-1m", 3_883, 1_000_209)]
)
def test_movielens_is_imported_whole(shop, name, items, ratings):
    folder = data_set(name)
    assert shop.item_import.run(folder / "items.csv.gz").stored == items
    report = shop.rating_import.run(folder / "interactions.csv.gz")
    assert (report.stored, report.skipped, report.rejected) == (ratings, 0, 0)
    wanted = {
        (row["user_id"], row["item_id"]): (float(row["value"]), row["timestamp"])
        for row in rows_of(folder / "interactions.csv.gz")
    }
    found = {
        (rating.user_id, rating.item_id): (
            rating.rating,
            "" if rating.rated_at is None else f"{rating.rated_at.timestamp():.0f}",
        )
        for rating in shop.ratings.rows()
    }
    assert found == wanted


@pytest.mark.realdata
def test_a_shop_without_postage(shop, tmp_path):
    folder = data_set("online-retail")
    wanted = [row for row in rows_of(folder / "items.csv.gz") if row["is_product"] == "1"]
    options = ImportOptions(where=[("is_product", "1")], rejects=tmp_path / "rejects.jsonl")
    report = shop.item_import.run(folder / "items.csv.gz", options)
    assert (report.stored, report.rejected) == (len(wanted), 0)
    assert report.skipped > 0
    first = shop.items.find(wanted[0]["item_id"])
    assert (first.title, first.price) == (wanted[0]["title"], float(wanted[0]["price"]))


@pytest.mark.realdata
def test_purchases_are_no_ratings(shop):
    folder = data_set("retailrocket-caserec")
    report = shop.rating_import.run(folder / "interactions.csv.gz")
    assert (report.stored, report.rejected) == (0, 0)
    assert report.skipped == report.rows == 92_487


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv.gz", "jsonl", "parquet"])
def test_export_and_import_copy_a_shop(shop, twin, tmp_path, kind):
    folder = data_set("ml-100k")
    shop.item_import.run(folder / "items.csv.gz")
    shop.rating_import.run(folder / "interactions.csv.gz")
    shop.exports.export_items(tmp_path / f"items.{kind}")
    shop.exports.export_ratings(tmp_path / f"ratings.{kind}")
    twin.item_import.run(tmp_path / f"items.{kind}")
    twin.rating_import.run(tmp_path / f"ratings.{kind}")
    copied = {item.item_id: item for item in twin.items.scan()}
    assert copied == {item.item_id: item for item in shop.items.scan()}
    assert twin.documents() == shop.documents()


@pytest.mark.slow
def test_an_import_killed_midway_and_repeated_ends_the_same(shop, tmp_path):
    path = tmp_path / "ratings.csv"
    total = write_ratings(path, users=3_000, items=50)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import", "ratings", str(path)]
    command += ["--create-items"]
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "DATA_DIR": str(tmp_path / "data"),
        "MONGO_URI": shop.uri,
        "MONGO_DB": shop.name,
    }
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    with process:
        deadline = time.monotonic() + 60
        while not shop.count() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 0 < len(shop.documents()) < total
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "stored 150,001 ratings" in done.stdout
    stored = {(rating.user_id, rating.item_id): rating.rating for rating in shop.ratings.rows()}
    assert len(stored) == total
    assert stored["u0", "i0"] == 5.0  # the last row of the pair
    assert stored["u7", "i3"] == 1 + (7 + 3) % 5


def write_ratings(path: Path, *, users: int, items: int) -> int:
    with path.open("w") as file:
        file.write("user_id,item_id,rating\n")
        for user in range(users):
            file.writelines(f"u{user},i{item},{1 + (user + item) % 5}\n" for item in range(items))
        file.write("u0,i0,5\n")
    return users * items
