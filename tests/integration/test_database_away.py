"""MongoDB away: reads go on from memory, writes say so, and all is right when it is back."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

import pytest

from app.domain.accounts import Role
from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo
from tests.builders import PASSWORD, new_id
from tests.integration.client import Answer
from tests.integration.processes import eventually, kill, lives
from tests.integration.service import Service
from tests.integration.together import Raters, together


@pytest.fixture(scope="module")
def mongo(
    linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedMongo]:
    """Give a MongoDB that nobody but the test starts again."""
    with EmbeddedMongo(tmp_path_factory.mktemp("away"), prepare=initiate) as running:
        yield running


@pytest.fixture(scope="module")
def shop(mongo: EmbeddedMongo, make_gunicorn: Callable[..., Service]) -> Service:
    """Give gunicorn on that MongoDB, with a shopper, two items and a neighbour."""
    shop = make_gunicorn(mongo.uri).start()
    for item in ("base", "only", "other", "elsewhere"):
        shop.admin.call("PUT", f"/items/{item}", {"category": "Drinks|Tea"}).done()
    for user, item in (("me", "base"), ("neighbour", "base"), ("neighbour", "only")):
        shop.storefront.rate(user, item, 5).done()
    shop.client().call("POST", "/register", {"user_id": "sho", "password": PASSWORD}).done(201)
    shop.settle()
    return shop


def stop_dead(mongo: EmbeddedMongo) -> None:
    os.kill(mongo.pid, signal.SIGKILL)
    assert eventually(lambda pid=mongo.pid: not lives(pid))


def freeze(mongo: EmbeddedMongo) -> None:
    os.kill(mongo.pid, signal.SIGSTOP)


def bring_back(mongo: EmbeddedMongo) -> None:
    kill(mongo.pid, signal.SIGCONT)
    mongo.ensure_running()


def write(shop: Service, item: str) -> Answer:
    return shop.storefront.rate("me", item, 4)


def ids_of_all(shop: Service) -> list[list[str]]:
    query = {"strategy": "user", "min_score": 2}
    with shop.pinned(Role.STOREFRONT) as workers:
        return [worker.recommend("me", **query).done().ids for worker in workers.values()]


@pytest.mark.parametrize("go_away", [stop_dead, freeze])
def test_reads_go_on_and_writes_say_so(mongo, shop, go_away: Callable[[EmbeddedMongo], None]):
    body = {"user_id": "sho", "password": PASSWORD}
    token = shop.client().call("POST", "/login", body).done().body["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert ids_of_all(shop) == [["only"]] * 2
    go_away(mongo)
    try:
        assert ids_of_all(shop) == [["only"]] * 2
        assert shop.client().get("/recommend", bearer).done().body["user_id"] == "sho"
        assert "only" in shop.storefront.get("/items/base/similar").done().ids
        # A frozen MongoDB may still do later what it was sent: these do no harm then.
        calls = (
            partial(write, shop, "other"),
            partial(shop.storefront.unrate, "me", "other"),
            partial(shop.admin.call, "PUT", "/items/new", {}),
            partial(shop.admin.call, "DELETE", "/items/other"),
            partial(shop.client().call, "POST", "/login", body),
            partial(shop.client().call, "POST", "/register", body | {"user_id": new_id()}),
            partial(shop.client().call, "POST", "/logout", headers=bearer),
            partial(shop.storefront.get, "/users/me/ratings"),
        )
        for answer in together(calls):
            answer.failed(503, "store_unavailable")
            assert int(answer.headers["retry-after"]) > 0
        ready = shop.client().get("/health/ready")
        assert (ready.status, ready.body["database"]) == (200, False)
        assert ids_of_all(shop) == [["only"]] * 2
    finally:
        bring_back(mongo)
    assert eventually(lambda: write(shop, "only").status == 200, 60)
    assert eventually(lambda: "only" not in str(ids_of_all(shop)))
    shop.storefront.unrate("me", "only").done()
    assert eventually(lambda: ids_of_all(shop) == [["only"]] * 2)
    shop.settle()
    assert eventually(lambda: shop.client().get("/health/ready").body["database"] is True)


class Readers:
    """Threads that read without a pause; `slowest` is the longest that one waited, in seconds."""

    def __init__(self, shop: Service, *, threads: int = 2) -> None:
        self._client = shop.storefront
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.slowest = 0.0
        self.answers = 0
        self.wrong: list[Answer] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            answer = self._client.recommend("me", strategy="user", min_score=2)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers += 1
            if answer.status != 200 or answer.ids != ["only"]:
                self.wrong.append(answer)
            time.sleep(0.005)


@pytest.mark.parametrize("go_away", [stop_dead, freeze])
def test_reads_do_not_wait_for_writes_while_it_is_away(mongo, shop, go_away):
    with Readers(shop) as readers, Raters(shop.storefront, ["elsewhere"], threads=12) as raters:
        assert raters.reaches(50)
        readers.slowest, readers.answers = 0.0, 0
        go_away(mongo)
        try:
            time.sleep(4)
            refused = len(raters.refused)
            began = time.monotonic()
            write(shop, "other").failed(503, "store_unavailable")
            ready = shop.client().get("/health/ready")
            soon = time.monotonic() - began
            time.sleep(6)
            slowest, answers = readers.slowest, readers.answers
            refused = len(raters.refused) - refused
            away = shop.client().metric("shelfwise_database_away")
        finally:
            bring_back(mongo)
        assert raters.reaches(50)
    print(f"slowest read {slowest:.2f} s of {answers}, {refused} writes refused in 6 s")
    assert (ready.status, ready.body["database"], away) == (200, False, 1)
    assert {answer.status for answer in raters.refused} <= {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in raters.refused)
    assert readers.wrong == []
    assert answers > 100
    assert slowest < 3.0  # behind writes it would be the four seconds that one may take
    assert soon < 4.0  # two probes at most, which end within a second each
    assert refused > 12  # at once, and not one a thread
    stored = shop.ratings()
    lost = {pair for pair, value in raters.acknowledged.items() if stored.get(pair) != value}
    assert not lost
    shop.settle()
    assert eventually(lambda: shop.client().metric("shelfwise_database_away") == 0)


def test_a_worker_that_starts_without_a_database_waits_for_it(mongo, shop):
    stop_dead(mongo)
    try:
        victim = sorted(shop.workers())[0]
        kill(victim)
        assert eventually(lambda: len(shop.workers() - {victim}) == 2)
        for _ in range(10):
            assert shop.storefront.recommend("me", strategy="user").done().ids[0] == "only"
    finally:
        bring_back(mongo)
    assert eventually(shop.is_up, 60), shop.output
    assert ids_of_all(shop) == [["only"]] * 2
