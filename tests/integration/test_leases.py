"""Leases on the real thing: one holder at a time, by the database's clock."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.repositories.coordination import MongoLeases
from app.repositories.mongo import MongoStore


@pytest.fixture
def leases(mongo_uri):
    store = MongoStore(mongo_uri, "test_leases")
    store.client.drop_database("test_leases")
    yield MongoLeases(store)
    store.close()


def test_one_of_many_gets_it(leases):
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: leases.acquire("sweep", f"w{n}", seconds=60), range(8)))
    assert won.count(True) == 1


def test_its_holder_renews_it(leases):
    assert leases.acquire("sweep", "ann", seconds=60)
    assert leases.acquire("sweep", "ann", seconds=60)
    assert not leases.acquire("sweep", "bob", seconds=60)


def test_it_ends_with_its_time(leases):
    assert leases.acquire("sweep", "ann", seconds=0.05)
    time.sleep(0.2)
    assert leases.acquire("sweep", "$bob", seconds=60)
