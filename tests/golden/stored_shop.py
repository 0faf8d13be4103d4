"""The seeded shop's database and snapshot as files: written, and loaded again."""

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from tests.builders import PASSWORD, RunningShop, done, open_shop
from tests.golden.http_asking import masked, path
from tests.golden.http_shop import ITEMS, MEMBERS, NOW, SESSIONS, USERS, command, settle

DATABASE = "stored_golden"
SNAPSHOT = "memory.snapshot.gz"
_PASSING = {"leases", "limit_counters", "limit_windows"}
"""Of seconds or minutes, and of one machine."""
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def write(shop: RunningShop, folder: Path) -> None:
    """Put every collection into `folder` as `mongodump` writes it, and a snapshot of memory."""
    _come_and_go(shop)
    command(shop, "snapshot", "make", "--quiet")
    for name in sorted({*shop.database.list_collection_names()} - _PASSING):
        documents = b"".join(shop.database[name].find_raw_batches(sort=[("_id", 1)]))
        _zip(documents, folder / f"{name}.bson.gz")
    (snapshot,) = _snapshots(shop).glob("*.snapshot")
    _zip(snapshot.read_bytes(), folder / SNAPSHOT)


def _come_and_go(shop: RunningShop) -> None:
    body = {"user_id": MEMBERS[0], "password": PASSWORD, "session_id": SESSIONS[3]}
    assert done(shop.client.post("/login", json=body))["session_merged"]
    done(shop.client.delete(path("users", USERS[-1]), headers=shop.admin))
    change = {"weights": {"wish": 2}, "vector_weights": {"image": 2}, "min_support": 2}
    done(shop.client.patch("/settings", json=change, headers=shop.admin))
    settle(shop)


@contextmanager
def restored(uri: str, data: Path, folder: Path) -> Iterator[RunningShop]:
    """Run a shop on what `folder` holds, in a new database; its snapshot lies where it is read."""
    with MongoClient[Any](uri) as client:
        client.drop_database(DATABASE)
        for file in sorted(folder.glob("*.bson.gz")):
            documents = bson.decode_all(gzip.decompress(file.read_bytes()), _RAW)
            if documents:
                client[DATABASE][file.name.removesuffix(".bson.gz")].insert_many(documents)
    with open_shop(uri, data, NOW.timestamp, mongo_db=DATABASE) as shop:
        target = _snapshots(shop) / f"{shop.repositories.store.installation()}.snapshot"
        target.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(folder / SNAPSHOT) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
        yield shop


def lists(shop: RunningShop) -> list[dict[str, Any]]:
    """Return what some shoppers are shown."""
    found = []
    for user in USERS[:6]:
        for strategy in ("hybrid", "user", "item", "co_rated", "ease", "sequence"):
            answer = shop.recommend(user, strategy=strategy, n=8)
            found.append({"asked": f"{strategy} for {user}", "answer": masked(answer)})
    for address in (
        "/popular",
        "/trending",
        "/new",
        path("items", ITEMS[1], "similar"),
        path("items", ITEMS[1], "bought-together"),
        path("users", USERS[0], "ratings"),
        path("users", USERS[0], "profile"),
        path("users", USERS[0], "export"),
    ):
        response = shop.client.get(address, headers=shop.storefront)
        told = response.get_data(as_text=True) if "export" in address else masked(done(response))
        found.append({"asked": address, "answer": told})
    return found


def _zip(data: bytes, target: Path) -> None:
    target.write_bytes(gzip.compress(data, mtime=0))


def _snapshots(shop: RunningShop) -> Path:
    return shop.app.extensions["shelfwise"].settings.data_dir / "snapshot"
