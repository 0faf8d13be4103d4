"""A shopper leaves while twenty clients go on writing for it: nothing stays, nobody else goes."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from app.bootstrap.repositories import Repositories
from app.domain.accounts import Role
from tests.builders import PASSWORD, new_id
from tests.integration.client import Answer, Client, Headers
from tests.integration.processes import eventually
from tests.integration.recovering import assert_verified
from tests.integration.service import Service

CLIENTS = 20
TIMEOUT = 4
"""Seconds a request may take; twice that after a deletion it is swept once more."""


@pytest.fixture(scope="module")
def busy(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service whose second sweep comes soon."""
    folder = tmp_path_factory.mktemp("fire") / "data"
    running = Service(folder, request_timeout_seconds=TIMEOUT)
    try:
        yield running.start()
    finally:
        running.end()


class Writers:
    """Twenty threads that rate and tell events, for the one who leaves and for a neighbour each."""

    def __init__(self, service: Service, items: list[str], user: str, token: Headers) -> None:
        self._storefront, self._anybody = service.storefront, service.client()
        self._items, self._user, self._token = items, user, token
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]
        self.statuses: Counter[int] = Counter()
        self.kept: set[tuple[str, str]] = set()
        """(neighbour, item or event id) of what was acknowledged."""

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            item = self._items[(number + turn) % len(self._items)]
            try:
                self._write(number, turn, item)
            except (OSError, http.client.HTTPException):
                self.statuses[0] += 1

    def _write(self, number: int, turn: int, item: str) -> None:
        own = number % 2 == 0  # by its own token, or by the shop's server
        client, headers = (self._anybody, self._token) if own else (self._storefront, None)
        named = {} if own else {"user_id": self._user}
        post = partial(client.call, "POST", headers=headers)
        self._count(post("/rate", {"item_id": item, "rating": 1 + turn % 5, **named}))
        self._count(post("/events", {"item_id": item, "kind": "view", **named}))
        neighbour, event = f"neighbour {number}", f"{number}-{turn}"
        told = {"user_id": neighbour, "item_id": item, "kind": "view", "event_id": event}
        if self._storefront.call("POST", "/events", told).status == 200:
            self.kept.add((neighbour, event))

    def _count(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1


def traces(service: Service, user: str) -> dict[str, list[Any]]:
    """Return what MongoDB holds of the shopper, but the mark itself."""
    with service.database() as database:
        names = set(database.list_collection_names()) - {"limit_windows", "limit_counters"}
        found = {n: [r for r in database[n].find() if user in repr(r)] for n in names}
    return {name: rows for name, rows in found.items() if rows and name != "deletions"}


def is_forgotten(worker: Client, user: str) -> bool:
    profile = worker.get(f"/users/{user}/profile").done().body
    seen = worker.get("/recently-viewed", user_id=user).done().body["recommendation"]
    listed = worker.recommend(user).done().body["strategy"]
    known = sum(profile["activity"]["events"].values()) + profile["ratings"]["count"]
    return known == 0 and seen == [] and listed == "popular"


def is_forgotten_by_all(service: Service, user: str) -> bool:
    with service.pinned(Role.STOREFRONT) as workers:
        return all(is_forgotten(worker, user) for worker in workers.values())


def test_nothing_is_left_of_a_shopper_under_fire(busy: Service) -> None:
    items, user = [new_id("item") for _ in range(30)], new_id("leaver")
    busy.admin.put_items(*items)
    anybody = busy.client()
    body = {"user_id": user, "password": PASSWORD}
    anybody.call("POST", "/register", body).done(201)
    token = anybody.call("POST", "/login", body).done().body["token"]
    headers = {"Authorization": f"Bearer {token}"}
    with Writers(busy, items, user, headers) as writers:
        assert eventually(lambda: writers.statuses[200] > 200, 60)
        answer = anybody.call("DELETE", "/users/me", headers=headers).done().body
        assert answer["account_removed"] and answer["events_removed"] and answer["ratings_removed"]
        assert eventually(lambda: writers.statuses[409] > 100 and writers.statuses[401] > 100, 60)
    assert set(writers.statuses) <= {0, 200, 401, 404, 409}, writers.statuses
    assert eventually(lambda: traces(busy, user) == {}, 3 * TIMEOUT + 15), traces(busy, user)
    assert eventually(lambda: is_forgotten_by_all(busy, user))
    with busy.database() as database:
        stored = {(r["_id"]["subject"], r["_id"]["event_id"]) for r in database["events"].find()}
        assert writers.kept <= stored
        assert eventually(lambda: database["deletions"].count_documents({}) == 0, 60)
    assert traces(busy, user) == {}
    assert_verified(busy)


def test_the_mark_is_enough_for_both_workers_to_forget(busy: Service) -> None:
    """What a long history takes to be removed from MongoDB keeps nobody in memory."""
    user, item = new_id("collector"), new_id("item")
    busy.admin.put_items(item)
    lines = [{"user_id": user, "kind": "view", "item_id": item} for _ in range(1000)]
    assert busy.storefront.call("POST", "/events", lines).done().body["stored"] == 1000
    repositories = Repositories(busy.uri, busy.database_name)
    try:
        repositories.deletions.mark_subject(user, datetime.now(UTC), "0123")
        assert eventually(lambda: is_forgotten_by_all(busy, user))
        assert repositories.events.has_subject(user), "nobody has swept yet"
    finally:
        repositories.store.close()
    assert eventually(lambda: traces(busy, user) == {}, 3 * TIMEOUT + 15), "completed by a worker"
    assert_verified(busy)


def test_commands_tell_of_the_list(busy: Service) -> None:
    busy.admin.put_items(item := new_id("item"))
    busy.storefront.rate(user := new_id("guest"), item, 3).done()
    outcome = busy.flask("users", "delete", user, "--yes")
    assert "no account, 1 ratings, 0 events, 0 sessions" in outcome.stdout, outcome
    outcome = busy.flask("erasures", "show")
    assert "0 to this database" in outcome.stdout, outcome
    outcome = busy.flask("erasures", "replay")
    assert "0 shoppers or sessions had come back" in outcome.stdout, outcome
    outcome = busy.flask("erasures", "replay", "--list", "README.md")
    assert outcome.returncode == 1, outcome
    assert "README.md does not begin with its salt" in outcome.stderr
    outcome = busy.flask("erasures", "replay", "--list", "no such file")
    assert outcome.returncode != 0
