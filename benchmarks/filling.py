"""Fills MongoDB with a made-up shop, as fast as it takes it: minutes for ten million ratings."""

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from pymongo import MongoClient

from app.domain.catalogue import Item
from app.engine.tables.loading import Batch
from app.live.encoding import encode_item
from app.repositories.catalogue import MongoItems
from app.repositories.mongo import MongoStore
from benchmarks.engine_data import SYNTHETIC, catalogue, synthetic

T = TypeVar("T")
_AT_ONCE = 5_000
_WRITERS = 2
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TELL_EVERY = 10  # batches: a million ratings


def fill(uri: str, database: str, name: str, *, seed: int = 1) -> None:
    """Store the items and ratings of a made-up shop; tells on standard error how far it is."""
    shape = SYNTHETIC[name]
    batches, _ = synthetic(shape, np.random.default_rng(seed))
    started = time.perf_counter()
    with MongoClient[dict[str, Any]](uri, w=1) as client:
        collection = client[database]["ratings"]
        for number, batch in enumerate(batches, 1):
            with ThreadPoolExecutor(_WRITERS) as writers:
                pieces = _pieces(_documents(batch))
                for _ in writers.map(partial(collection.insert_many, ordered=False), pieces):
                    pass
            if number % _TELL_EVERY == 0:
                millions, seconds = number // _TELL_EVERY, time.perf_counter() - started
                print(f"filling {name}: {millions} M ratings, {seconds:.0f} s", file=sys.stderr)
    _fill_items(uri, database, shape[1])


def _documents(batch: Batch) -> Iterator[dict[str, Any]]:
    for user_id, item_id, value in zip(*batch, strict=True):
        key = {"user_id": user_id, "item_id": item_id}
        yield {"_id": key, "rating": float(value), "rated_at": _NOW}


def _fill_items(uri: str, database: str, count: int) -> None:
    """Store the catalogue; make the indexes last, which is faster than to keep them up to date."""
    store = MongoStore(uri, database)
    item_ids = [f"i{at}" for at in range(count)]
    columns = catalogue(item_ids, real=False)
    items = (
        Item(id_, title=f"Item {id_}", category=column.category, created_at=_NOW, updated_at=_NOW)
        for id_, column in zip(item_ids, columns, strict=True)
    )
    repository = MongoItems(store)
    for piece in _pieces(items):
        repository.replace_many([replace(item, encoding=encode_item(item)) for item in piece])
    store.prepare()
    store.close()


def _pieces(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while piece := list(islice(rest, _AT_ONCE)):
        yield piece
