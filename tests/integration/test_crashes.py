"""Processes killed under load: the service comes back, and what was acknowledged is there."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

import pytest

from app.domain.accounts import Role
from tests.builders import PASSWORD, new_id
from tests.integration.client import HOST
from tests.integration.processes import eventually, kill, mongods
from tests.integration.service import SUPERVISED, Service, gone
from tests.integration.together import Raters


@pytest.fixture
def doomed(own_service: Service) -> Service:
    """Give a running service that may be broken; what a test killed is started again."""
    return own_service.start()


@pytest.fixture
def items(doomed: Service) -> list[str]:
    ids = [new_id("item") for _ in range(5)]
    doomed.admin.put_items(*ids)
    return ids


@contextmanager
def load(service: Service, items: list[str]) -> Iterator[Raters]:
    """Rate while the body runs, and a little before and after; then nothing may be lost."""
    with Raters(service.storefront, items) as raters:
        assert raters.reaches(50)
        yield raters
        assert raters.reaches(50), service.output
    assert {answer.status for answer in raters.refused} <= {503}, raters.refused
    assert_kept(service, raters)


def assert_kept(service: Service, raters: Raters) -> None:
    """Fail unless the database and every worker's memory hold what was acknowledged."""
    assert eventually(service.is_up, 60), service.output
    stored = service.ratings()
    lost = {pair for pair, value in raters.acknowledged.items() if stored.get(pair) != value}
    assert not lost
    service.settle()
    user = next(iter(raters.acknowledged))[0]
    with service.pinned(Role.STOREFRONT) as workers:
        answers = [w.recommend(user, explain=1).done().body for w in workers.values()]
    assert answers[0]["recommendation"] == answers[1]["recommendation"] != []


def test_a_killed_worker_has_a_successor_that_answers_right(doomed, items):
    with load(doomed, items):
        for _ in range(2):
            victim = sorted(doomed.workers())[0]
            kill(victim)
            assert eventually(lambda v=victim: v not in doomed.workers() and doomed.is_up(), 60)


def test_a_killed_master_is_replaced(doomed, items):
    with load(doomed, items):
        old = doomed.master()
        orphans = doomed.workers()
        kill(old)
        assert eventually(lambda: doomed.master() not in {old, None} and doomed.is_up(), 90)
    assert gone(old, *orphans)


def test_a_killed_mongod_comes_back_with_what_was_acknowledged(doomed, items):
    with load(doomed, items):
        (old,) = mongods(doomed.data_dir)
        kill(old)
        assert eventually(lambda: mongods(doomed.data_dir) - {old}, 60), doomed.output
        assert doomed.storefront.recommend("anybody").done().ids
    assert "MongoDB had ended and runs again." in doomed.output


def test_a_killed_supervisor_leaves_a_mongod_that_the_next_one_adopts(doomed, items):
    (mongod,) = mongods(doomed.data_dir)
    seen, stop = set(), threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen.add(frozenset(mongods(doomed.data_dir)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with Raters(doomed.storefront, items) as raters:
            assert raters.reaches(50)
            servers = doomed.workers() | {doomed.master()}
            doomed.process.kill()
            doomed.process.wait(30)
            assert eventually(lambda: gone(*servers), 60)
        doomed.start()
    finally:
        stop.set()
        watcher.join()
    assert seen == {frozenset({mongod})}
    assert_kept(doomed, raters)


def test_a_supervisor_started_at_once_after_a_kill_serves(doomed, items):
    (mongod,) = mongods(doomed.data_dir)
    doomed.process.kill()
    doomed.process.wait(30)
    doomed.start()
    assert mongods(doomed.data_dir) == {mongod}
    doomed.storefront.rate("anybody", items[0], 3).done()


class HalfSent:
    """A registration whose body is still under way: a worker's thread waits for the rest."""

    def __init__(self, port: int) -> None:
        self._body = json.dumps({"user_id": new_id("late"), "password": PASSWORD}).encode()
        self._socket = socket.create_connection((HOST, port), timeout=60)

    def __enter__(self) -> Self:
        lines = (
            "POST /register HTTP/1.1",
            f"Host: {HOST}",
            "Connection: close",
            "Content-Type: application/json",
            f"Content-Length: {len(self._body)}",
            "Expect: 100-continue",
        )
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        assert self._socket.recv(1000).startswith(b"HTTP/1.1 100"), "nobody reads the body"
        self._socket.sendall(self._body[:10])
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def finish(self) -> bytes:
        """Send the rest; return the answer."""
        with self._socket:
            self._socket.sendall(self._body[10:])
            return b"".join(iter(lambda: self._socket.recv(65536), b""))


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_requests_in_flight_are_finished_before_the_end(doomed, sign):
    # supervisor, mongod, master, two workers; a server of an earlier test may still be ending
    assert eventually(lambda: len(doomed.processes()) == 5), doomed.processes()
    everything = doomed.processes()
    with ExitStack() as stack:
        requests = [stack.enter_context(HalfSent(doomed.port)) for _ in range(4)]
        doomed.process.send_signal(sign)
        time.sleep(1)  # whatever the stop has done by then, it must wait for these
        for request in requests:
            answer = request.finish()
            assert answer.startswith(b"HTTP/1.1 201"), answer
            assert b'"status":"success"' in answer
    assert doomed.process.wait(90) == 0, doomed.output
    assert eventually(lambda: doomed.processes() == set(), 10)
    assert gone(*everything)
    assert "Traceback" not in doomed.output


def test_a_second_service_on_the_same_port_is_told_so(doomed, tmp_path):
    second = Service(tmp_path / "data", command=SUPERVISED)
    second.port = doomed.port
    try:
        assert second.launch().process.wait(60) == 1
        said = f"Port {doomed.port} cannot be used (Address already in use). Choose another"
        assert said in second.output
        assert f"PORT={doomed.port + 1}" in second.output
        assert "Traceback" not in second.output
        assert not (tmp_path / "data").exists()
    finally:
        second.end()
    assert doomed.is_up()
