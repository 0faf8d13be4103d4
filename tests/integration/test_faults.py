"""What a shop meets in its life. After each fault nothing acknowledged is lost, memory is right.

Each test prints how long recovery took (make test JOBS=0 ARGS=-s, or the report of a failure).
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from app.domain.accounts import Role
from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo
from tests.builders import PASSWORD, new_id
from tests.integration.client import Client
from tests.integration.processes import eventually, kill, mongods
from tests.integration.recovering import ITEMS, assert_verified, filled, made, replace_worker
from tests.integration.service import Service
from tests.integration.together import Raters

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@pytest.fixture
def shop(linux_with_mongod: None, tmp_path: Path) -> Iterator[Service]:
    with filled(tmp_path) as service:
        yield service


def imported(shop: Service, folder: Path, count: int) -> None:
    """Import ratings of new shoppers, half of them for what the others rated too."""
    lines = ["user_id,item_id,rating"]
    for number in range(count):
        user, place = divmod(number, 20)
        item = ITEMS[place] if place < 10 else f"more {(user * 7 + place) % 400}"
        lines.append(f"imported {user},{item},{1 + (user + place) % 5}")
    path = folder / "ratings.csv"
    path.write_text("\n".join(lines))
    outcome = shop.flask("import", "ratings", str(path), "--create-items")
    assert outcome.returncode == 0, outcome


def assert_nothing_lost(shop: Service, raters: Raters) -> None:
    stored = shop.ratings()
    lost = {pair for pair, value in raters.acknowledged.items() if stored.get(pair) != value}
    assert raters.acknowledged and not lost
    assert {answer.status for answer in raters.refused} <= {503}, raters.refused
    assert_verified(shop)


def test_a_worker_killed_long_after_the_last_snapshot(shop: Service, tmp_path: Path) -> None:
    made(shop)
    imported(shop, tmp_path, 300_000)
    others = [new_id("other") for _ in range(5)]
    shop.admin.put_items(*others)
    shop.settle()
    with Raters(shop.storefront, others) as raters:
        assert raters.reaches(50)
        seconds = replace_worker(shop)
        assert raters.reaches(50)
    print(f"\nworker killed 300,000 changes after the snapshot: ready again in {seconds:.1f} s")
    assert_nothing_lost(shop, raters)


def test_mongod_killed_under_writes(shop: Service) -> None:
    others = [new_id("other") for _ in range(5)]
    shop.admin.put_items(*others)
    with Raters(shop.storefront, others) as raters:
        assert raters.reaches(50)
        (old,) = mongods(shop.data_dir)
        killed = time.monotonic()
        kill(old)
        assert eventually(lambda: mongods(shop.data_dir) - {old}, 60), shop.output
        assert raters.reaches(1), shop.output
        seconds = time.monotonic() - killed
        assert raters.reaches(50), shop.output
    print(f"\nmongod killed: writes are acknowledged again after {seconds:.1f} s")
    assert_nothing_lost(shop, raters)


@pytest.fixture(params=["-1h", "+1h"])
def wrong_clock(
    request: pytest.FixtureRequest,
    linux_with_mongod: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """Give the address of a MongoDB whose clock is an hour off."""
    if FAKETIME is None:
        pytest.skip("a wrong clock needs libfaketime (apt install libfaketime)")
    monkeypatch.setenv("LD_PRELOAD", str(FAKETIME))
    monkeypatch.setenv("FAKETIME", request.param)
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    # By itself the library guesses wrong here: every timed wait returns at once.
    monkeypatch.setenv("FAKETIME_FORCE_MONOTONIC_FIX", "0")
    with EmbeddedMongo(tmp_path / "wrong", prepare=initiate) as mongo:
        monkeypatch.undo()
        yield mongo.uri


def test_a_clock_that_is_wrong_on_one_side(
    wrong_clock: str, make_gunicorn: Callable[..., Service]
) -> None:
    shop = make_gunicorn(wrong_clock, snapshot_from=1).start()
    with MongoClient(wrong_clock) as client:
        shown = client.admin.command("hello")["localTime"].timestamp()
    assert abs(shown - time.time()) > 3000, "the clock is right"
    shop.admin.put_items(*ITEMS)
    with shop.pinned(Role.STOREFRONT) as workers:
        writer, reader = workers.values()
        said_fresh = sum(reads_its_writes(writer, reader, item) for item in ITEMS[:6])
    assert said_fresh > 0
    person = new_id("person")
    account = {"user_id": person, "password": PASSWORD}
    shop.client().call("POST", "/register", account).done(201)
    token = shop.client().call("POST", "/login", account).done().body["token"]
    shop.client().get("/users/me", {"Authorization": f"Bearer {token}"}).done()
    made(shop)
    replace_worker(shop)
    assert_verified(shop)
    shop.end()  # before its MongoDB does


def reads_its_writes(writer: Client, reader: Client, item: str) -> bool:
    """Rate through one worker, ask the other; return whether it says that the answer is fresh."""
    done = writer.rate("ann", item, 4).done()
    fresh = {"X-Freshness": done.headers["x-freshness"]}
    seen = reader.get("/recommend", fresh, user_id="ann", n=100).done()
    assert item not in seen.ids or not seen.body["fresh"]
    return bool(seen.body["fresh"])
