"""Writes the golden answers: `python -m tests.golden.make shelves`, or another of `MAKERS`.

An answer that is meant to change is written in a commit of its own that says so.
"""

import gzip
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from app.factory import create_app
from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo
from config import Settings
from tests.golden import http, stored_shop
from tests.golden.digests import digest
from tests.golden.http_shop import golden_shop
from tests.golden.shelves import answers

FOLDER = Path(__file__).parent
DIGESTS = FOLDER / "shelves.jsonl"
READABLE = FOLDER / "shelves_readable.jsonl"
READ_EVERY = 25
"""One answer in so many is kept whole, for people to read and to compare."""
EXCHANGES = FOLDER / "http_exchanges.jsonl.gz"
OPENAPI = FOLDER / "openapi.json"
STORED = FOLDER / "stored"
LISTS = STORED / "lists.json"


def make_shelves() -> None:
    """Keep what the shelves in memory answer."""
    with DIGESTS.open("wb") as digests, READABLE.open("wb") as readable:
        for number, answer in enumerate(answers()):
            digests.write(orjson.dumps(digest(answer["answer"])) + b"\n")
            if number % READ_EVERY == 0:
                readable.write(orjson.dumps(answer) + b"\n")


@contextmanager
def _mongo() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedMongo(folder / "mongo", prepare=initiate) as mongo:
            yield mongo.uri, folder


def make_http() -> None:
    """Ask the seeded shop, and keep what it answers."""
    with _mongo() as (uri, folder), golden_shop(uri, folder / "shop") as shop:
        lines = [orjson.dumps(told) for told in http.exchanges(shop)]
    EXCHANGES.write_bytes(gzip.compress(b"\n".join(lines), mtime=0))


def make_openapi() -> None:
    """Keep the API page's document."""
    OPENAPI.write_bytes(openapi())


def openapi() -> bytes:
    """Return the API page's document, sorted and indented."""
    app = create_app(Settings(environment="development", mongo_uri="mongodb://127.0.0.1:1"))
    return orjson.dumps(app.spec, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def make_stored() -> None:
    """Keep a database and a snapshot of this version, and what a shop on them shows."""
    STORED.mkdir(exist_ok=True)
    for file in STORED.glob("*.gz"):
        file.unlink()
    with _mongo() as (uri, folder):
        with golden_shop(uri, folder / "shop") as shop:
            stored_shop.write(shop, STORED)
        with stored_shop.restored(uri, folder / "restored", STORED) as shop:
            LISTS.write_bytes(orjson.dumps(stored_shop.lists(shop), option=orjson.OPT_INDENT_2))


MAKERS = {
    "shelves": make_shelves,
    "http": make_http,
    "openapi": make_openapi,
    "stored": make_stored,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in MAKERS:
        sys.exit(f"Say what to write: {', '.join(MAKERS)}")
    MAKERS[sys.argv[1]]()
