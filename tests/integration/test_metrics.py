"""Metrics over several workers, and who may read them."""

import re
from collections.abc import Callable

import pytest

from app.domain.accounts import Role
from app.live.footprint import process_memory
from tests.integration.client import Client
from tests.integration.processes import eventually, kill
from tests.integration.service import Service

TOKEN = "a token for metrics"
ANSWERS = 'shelfwise_answers_total{route="%s",status="%s"}'
KINDS = ("resident", "proportional", "private")
MEMORY = r'shelfwise_memory_bytes\{kind="(?P<kind>\w+)",pid="(?P<pid>\d+)"\} (?P<bytes>\S+)'
COUNT = 'shelfwise_request_seconds_count{method="GET",route="/popular"}'


@pytest.fixture(scope="module")
def counted(mongo_uri: str, make_gunicorn: Callable[..., Service]) -> Service:
    """Give a service that nobody else calls, with a token."""
    return make_gunicorn(mongo_uri, metrics_token=TOKEN).start()


def number(service: Service, name: str, *, headers: dict[str, str]) -> float:
    return Client(service.port, headers).metric(name)


def metrics(service: Service, headers: dict[str, str]) -> list[str]:
    return Client(service.port, headers).get("/metrics").body.splitlines()


def memory(service: Service, headers: dict[str, str]) -> dict[tuple[str, int], float]:
    """Return the bytes by kind and process id."""
    found = (re.fullmatch(MEMORY, line) for line in metrics(service, headers))
    return {(m["kind"], int(m["pid"])): float(m["bytes"]) for m in found if m}


def fits(found: dict[tuple[str, int], float]) -> bool:
    """Tell whether these are about what the kernel says now."""
    now = {(kind, pid): getattr(process_memory(pid), kind) for kind, pid in found}
    return found == pytest.approx(now, rel=0.1)


@pytest.fixture
def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


def test_totals_add_up_over_workers_also_over_dead_ones(counted, bearer):
    good, bad = ANSWERS % ("/popular", 200), ANSWERS % ("/popular", 401)
    with counted.pinned(Role.STOREFRONT) as workers:
        for calls, worker in enumerate(workers.values(), start=3):
            for _ in range(calls):
                worker.get("/popular").done()
                Client(counted.port, {}, worker.pinned).get("/popular").failed(401)
        for worker in workers.values():
            readings = Client(counted.port, bearer, worker.pinned)
            assert [readings.metric(name) for name in (good, bad, COUNT)] == [7, 7, 14]
    for victim in counted.workers():
        kill(victim)
    assert eventually(lambda: counted.is_up(), 60)
    for _ in range(5):
        counted.storefront.get("/popular").done()
    assert number(counted, good, headers=bearer) == 12
    assert number(counted, bad, headers=bearer) == 7


def test_gauges_are_those_of_the_living(counted, bearer):
    counted.admin.put_items("tea")
    counted.storefront.rate("somebody", "tea", 4).done()
    with counted.pinned() as workers:
        for worker in workers.values():
            readings = Client(counted.port, bearer, worker.pinned)
            for name in ("shelfwise_ratings", "shelfwise_items"):
                assert eventually(lambda name=name, r=readings: r.metric(name) == 1)
    named = [line for line in metrics(counted, bearer) if "pid=" in line]
    assert all(line.startswith("shelfwise_memory_bytes{") for line in named)


def test_memory_is_that_of_each_living_worker(counted, bearer):
    before = counted.workers()
    assert set(memory(counted, bearer)) == {(k, pid) for k in KINDS for pid in before}
    assert eventually(lambda: fits(memory(counted, bearer)), 60), memory(counted, bearer)
    victim = before.pop()
    kill(victim)
    assert eventually(lambda: counted.is_up(), 60)
    assert {pid for _, pid in memory(counted, bearer)} == counted.workers() != before


def test_memory_is_measured_again_without_being_asked(counted, bearer):
    before = memory(counted, bearer)
    changed = set()

    def all_changed() -> bool:
        now = memory(counted, bearer)
        changed.update(key for key in before if now[key] != before[key])
        return {pid for _, pid in changed} == counted.workers()

    assert eventually(all_changed, 60), before


def test_a_token_is_needed_where_one_is_set(counted, bearer):
    anybody = counted.client()
    assert anybody.get("/metrics", bearer).status == 200
    assert anybody.get("/metrics", bearer | {"X-Forwarded-For": "10.0.0.1"}).status == 200
    assert Client(counted.port, bearer, source="127.0.0.2").get("/metrics").status == 200
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}):
        anybody.get("/metrics", wrong).failed(403, "not_allowed")
    anybody.get("/metrics", counted.key(Role.ADMIN)).failed(403, "not_allowed")


def test_without_a_token_this_machine_alone_may_read(service):
    assert service.client().get("/metrics").status == 200
    service.client().get("/metrics", {"X-Forwarded-For": "10.0.0.1"}).failed(403, "not_allowed")
    Client(service.port, {}, source="127.0.0.2").get("/metrics").failed(403, "not_allowed")


def test_routes_are_named_by_their_rule(service):
    service.storefront.get("/items/never-heard-of").failed(404)
    service.storefront.get("/no/such/route").failed(404)
    body = service.client().get("/metrics").body
    assert 'route="/items/<id:item_id>"' in body
    assert 'route="none"' in body
    assert "never-heard-of" not in body
    assert "no/such" not in body
