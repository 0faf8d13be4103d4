"""Events over real HTTP into several workers: none that was acknowledged is lost, all count."""

import http.client
import threading
import time
from collections.abc import Iterator

import pytest

from app.domain.accounts import Role
from app.domain.subjects import of_session
from tests.builders import PASSWORD, new_id
from tests.integration.processes import eventually, kill, mongods
from tests.integration.service import Service
from tests.integration.together import together

SENDERS, LINES = 4, 20


@pytest.fixture(scope="module")
def busy(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service of its own, whose processes may be killed."""
    running = Service(tmp_path_factory.mktemp("busy") / "data")
    try:
        yield running.start()
    finally:
        running.end()


@pytest.fixture
def items(busy: Service) -> list[str]:
    ids = [new_id("item") for _ in range(8)]
    busy.start().admin.put_items(*ids)
    return ids


class Senders:
    """Threads that send batches until told to stop; `acknowledged` holds the keys of what came."""

    def __init__(self, service: Service, items: list[str]) -> None:
        self._client, self._items = service.storefront, items
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(SENDERS)]
        self.acknowledged: set[tuple[str, str]] = set()
        self.refused: list[int] = []

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def reaches(self, count: int) -> bool:
        goal = len(self.acknowledged) + count
        return eventually(lambda: len(self.acknowledged) >= goal, 120)

    def _run(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            user = f"sender-{id(self)}-{number}-{turn % 5}"
            lines = [
                {
                    "kind": "purchase" if line % 3 else "view",
                    "item_id": self._items[(turn + line) % len(self._items)],
                    "user_id": user,
                    "event_id": f"{turn}-{line}",
                    "order_id": f"order {turn}",
                }
                for line in range(LINES)
            ]
            self._send(lines)

    def _send(self, lines: list[dict[str, str]]) -> None:
        try:
            answer = self._client.call("POST", "/events", lines)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)  # it may be stored or not: it is sent again, which is harmless
            return
        if answer.status != 200:
            self.refused.append(answer.status)
            time.sleep(0.05)
            return
        assert all(line["outcome"] != "refused" for line in answer.body["events"]), answer.body
        self.acknowledged |= {(line["user_id"], line["event_id"]) for line in lines}


def stored(service: Service) -> set[tuple[str, str]]:
    with service.database() as database:
        return {(e["_id"]["subject"], e["_id"]["event_id"]) for e in database["events"].find()}


def assert_kept(service: Service, senders: Senders) -> None:
    assert eventually(service.is_up, 60), service.output
    assert not senders.acknowledged - stored(service)
    verified = service.flask("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_killed_worker_loses_nothing(busy, items):
    with Senders(busy, items) as senders:
        assert senders.reaches(500)
        for _ in range(2):
            victim = sorted(busy.workers())[0]
            kill(victim)
            assert eventually(lambda v=victim: v not in busy.workers() and busy.is_up(), 60)
        assert senders.reaches(500)
    assert set(senders.refused) <= {503}
    assert_kept(busy, senders)


def test_a_killed_database_loses_nothing(busy, items):
    with Senders(busy, items) as senders:
        assert senders.reaches(500)
        (victim,) = mongods(busy.data_dir)
        kill(victim)
        assert senders.reaches(500), busy.output
    assert set(senders.refused) <= {503}
    assert_kept(busy, senders)


def test_every_worker_counts_the_same(busy, items):
    users = [new_id("user") for _ in range(6)]
    for number, user in enumerate(users):
        lines = [
            {"kind": kind, "item_id": item, "user_id": user}
            for kind, item in zip(
                ["view", "cart_add", "purchase", "dislike"], items[number % 4 :], strict=False
            )
        ]
        busy.storefront.call("POST", "/events", lines).done()
    time.sleep(0.5)
    with busy.pinned(Role.STOREFRONT) as workers:
        for user in users:
            answers = [
                w.recommend(user, strategy="user", explain=1).done().body["recommendation"]
                for w in workers.values()
            ]
            assert answers[0] == answers[1] != []


def test_weights_change_on_a_running_service_without_a_pause(busy, items):
    user, other = new_id("user"), new_id("user")
    lines = [
        {"kind": "view", "item_id": items[0], "user_id": user},
        {"kind": "purchase", "item_id": items[1], "user_id": user},
        *[{"kind": "view", "item_id": item, "user_id": other} for item in items[:4]],
    ]
    busy.storefront.call("POST", "/events", lines).done()
    stop, slow, statuses = threading.Event(), [], set()

    def ask() -> None:
        client = busy.storefront
        while not stop.is_set():
            began = time.monotonic()
            statuses.add(client.recommend(user).status)
            slow.append(time.monotonic() - began)

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    done = busy.flask("preferences", "rebuild", "--weight", "view=20", "--half-life-days", "7")
    plain = busy.flask("preferences", "rebuild")
    stop.set()
    for reader in readers:
        reader.join()
    for result in (done, plain):
        assert result.returncode == 0, result.stderr
        assert "2 workers" in result.stdout
    assert statuses == {200}
    settings = busy.admin.get("/settings").done().body["settings"]
    assert settings["weights"]["view"] == 20
    assert settings["half_life_days"] == 7
    verified = busy.flask("verify")
    assert verified.returncode == 0, verified.stdout
    assert busy.flask("preferences", "rebuild", "--weight", "view").returncode != 0


def test_a_session_is_merged_once_by_two_workers(busy, items):
    users, session = [new_id("user") for _ in range(4)], new_id("session-")
    for user in users:
        body = {"user_id": user, "password": PASSWORD}
        busy.client().call("POST", "/register", body).done(201)
    lines = [{"kind": "view", "item_id": item, "session_id": session} for item in items]
    busy.storefront.call("POST", "/events", lines).done()

    def login(user: str) -> bool:
        body = {"user_id": user, "password": PASSWORD, "session_id": session}
        merged: bool = busy.client().call("POST", "/login", body).done().body["session_merged"]
        return merged

    told = together([lambda user=user: login(user) for user in users])
    assert told.count(True) == 1
    owner = users[told.index(True)]
    found = [subject for subject, _ in stored(busy) if subject in {*users, of_session(session)}]
    assert found == [owner] * len(items)
