"""Streams from real workers: what they say, what ends them, and how many there may be."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.domain.accounts import Role
from tests.builders import PASSWORD, new_id
from tests.integration.client import Client
from tests.integration.event_stream import EventStream, ticket_for
from tests.integration.processes import eventually
from tests.integration.service import STOP_SECONDS, Service

MANY, END_SECONDS = 200, 12  # before the next heartbeat


def reason(event: dict[str, str]) -> str:
    assert event["event"] == "end", event
    return str(json.loads(event["data"])["reason"])


@contextmanager
def stream_of_each_worker(service: Service, user: str) -> Iterator[list[EventStream]]:
    ticket = ticket_for(service.storefront, user)
    with service.pinned() as clients:
        yield [EventStream(client, ticket, n=100) for client in clients.values()]


def test_a_rating_changes_the_list_at_every_worker(service: Service) -> None:
    user, item = new_id("user"), new_id("item")
    service.admin.put_items(item)
    with stream_of_each_worker(service, user) as streams:
        assert all(item in stream.list() for stream in streams)
        service.storefront.rate(user, item, 5).done()
        assert not any(item in stream.list() for stream in streams)
        service.storefront.unrate(user, item).done()
        assert all(item in stream.list() for stream in streams)


def test_workers_know_one_anothers_lists(service: Service) -> None:
    user, item = new_id("user"), new_id("item")
    service.admin.put_items(item)
    service.storefront.rate(user, item, 3).done()
    service.settle()
    with stream_of_each_worker(service, user) as streams:
        digests = {stream.event()["id"] for stream in streams}
    assert len(digests) == 1
    again = EventStream(
        service.client(), ticket_for(service.storefront, user), n=100, last_event_id=digests.pop()
    )
    service.storefront.unrate(user, item).done()
    assert item in again.list()  # the first thing that it says
    again.close()


def test_a_revoked_key_ends_its_streams_at_every_worker(service: Service) -> None:
    key_id, secret = service.make_key(Role.STOREFRONT)
    ticket = ticket_for(Client(service.port, {"X-API-Key": secret}), new_id("user"))
    with service.pinned() as clients:
        streams = [EventStream(client, ticket) for client in clients.values()]
        for stream in streams:
            stream.list()
        assert service.flask("keys", "revoke", key_id).returncode == 0
        assert {reason(stream.event()) for stream in streams} == {"revoked"}
        assert [stream.event() for stream in streams] == [{}, {}]


def test_a_new_password_ends_the_streams_of_the_old_one(service: Service) -> None:
    user, caller = new_id("shopper"), service.client()
    caller.call("POST", "/register", {"user_id": user, "password": PASSWORD}).done(201)
    token = caller.call("POST", "/login", {"user_id": user, "password": PASSWORD}).done()
    headers = {"Authorization": f"Bearer {token.body['token']}"}
    answer = caller.call("POST", "/recommend/stream-ticket", headers=headers).done()
    with service.pinned() as clients:
        streams = [EventStream(c, answer.body["ticket"]) for c in clients.values()]
        for stream in streams:
            stream.list()
        body = {"password": PASSWORD, "new_password": "another horse altogether"}
        caller.call("POST", "/password", body, headers).done()
        assert {reason(stream.event()) for stream in streams} == {"revoked"}


@pytest.fixture(scope="module")
def crowded(make_gunicorn: Callable[..., Service], mongo_uri: str) -> Service:
    """Give a service with one place for a stream, and one thread besides, in each worker."""
    return make_gunicorn(mongo_uri, streams=1, threads=1).start()


def test_places_are_few_and_leave_room_for_requests(crowded: Service) -> None:
    ticket = ticket_for(crowded.storefront, "ann")
    with crowded.pinned() as first, crowded.pinned() as second:
        taken = [EventStream(client, ticket) for client in first.values()]
        assert [stream.status for stream in taken] == [200, 200]
        assert crowded.client().metric("shelfwise_streams") == 2
        for client in second.values():
            answer = client.get("/recommend/stream", ticket=ticket)
            assert int(answer.failed(503, "too_many_streams").headers["retry-after"]) > 0
            client.get("/health/ready").done()
    assert eventually(lambda: crowded.client().metric("shelfwise_streams") == 0)


def test_a_client_that_goes_away_gives_its_place_back(crowded: Service) -> None:
    ticket = ticket_for(crowded.storefront, "ann")
    for _ in range(3):
        with crowded.pinned() as clients:
            taken = [EventStream(client, ticket) for client in clients.values()]
            assert [stream.status for stream in taken] == [200, 200]
            for stream in taken:
                stream.list()
                stream.close()
        assert eventually(lambda: crowded.client().metric("shelfwise_streams") == 0)


def test_a_stop_ends_two_hundred_streams_at_once(
    make_gunicorn: Callable[..., Service], mongo_uri: str
) -> None:
    # were streams waited for like requests, the stop would take longer than anybody waits here
    service = make_gunicorn(mongo_uri, request_timeout_seconds=2 * STOP_SECONDS).start()
    ticket = ticket_for(service.storefront, "ann")
    streams = [EventStream(service.client(), ticket) for _ in range(MANY)]
    try:
        assert {stream.status for stream in streams} == {200}
        for stream in streams:
            stream.list()
        assert service.client().metric("shelfwise_streams") == MANY
        began = time.monotonic()
        service.process.terminate()
        assert {reason(stream.event()) for stream in streams} == {"stopping"}
        assert all(stream.event() == {} for stream in streams)
        assert time.monotonic() - began < END_SECONDS
        assert service.process.wait(STOP_SECONDS) == 0
        assert not service.processes()
    finally:
        for stream in streams:
            stream.close()
    assert "Traceback" not in service.output


def test_a_batch_is_streamed_line_by_line(service: Service) -> None:
    users = [new_id("user") for _ in range(300)]
    answer = service.storefront.call("POST", "/recommend/batch", {"user_ids": users, "n": 1})
    assert answer.status == 200
    assert answer.headers["transfer-encoding"] == "chunked"
    assert [json.loads(line)["user_id"] for line in answer.body.splitlines()] == users
