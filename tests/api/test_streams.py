"""Tickets and streams over HTTP, in one process."""

import json
from dataclasses import dataclass, field

import pytest

from app.domain.accounts import Role
from tests.builders import bearer, done, failed, ids_of, new_id


@dataclass
class Stream:
    """A stream that a test reads event by event."""

    response: object
    chunks: object = field(init=False)

    def __post_init__(self):
        assert self.response.status_code == 200, self.response.get_data()
        self.chunks = iter(self.response.response)
        assert self.read() == {"retry": "2000"}

    def read(self):
        """Return the fields of the next event."""
        text = next(self.chunks).decode()
        assert text.endswith("\n\n")
        return dict(line.split(": ", 1) for line in text.strip().split("\n"))

    def list(self):
        """Return the answer in the next event, which must be a list."""
        event = self.read()
        assert event["event"] == "recommendation"
        return json.loads(event["data"])

    def close(self):
        self.response.close()


def ticket_for(shop, headers, **body):
    return done(shop.client.post("/recommend/stream-ticket", json=body, headers=headers))["ticket"]


def ask(shop, ticket, headers=None, **query):
    query = {"ticket": ticket, **query}
    return shop.client.get("/recommend/stream", query_string=query, headers=headers)


def opened(shop, ticket, headers=None, **query):
    return Stream(ask(shop, ticket, headers, **query))


def metric(shop):
    text = shop.client.get("/metrics").get_data(as_text=True)
    lines = [line for line in text.splitlines() if line.startswith("shelfwise_streams ")]
    return float(lines[0].split()[1])


def test_a_shopper_gets_a_ticket_for_itself(shop):
    user, headers = shop.shopper()
    answers = [
        done(shop.client.post("/recommend/stream-ticket", headers=headers)),
        done(shop.client.post("/recommend/stream-ticket", json={}, headers=headers)),
        done(shop.client.post("/recommend/stream-ticket", json={"user_id": user}, headers=headers)),
    ]
    for answer in answers:
        assert answer.keys() == {"status", "user_id", "ticket", "expires_in"}
        assert (answer["user_id"], answer["expires_in"]) == (user, 60)


def test_a_shopper_gets_no_ticket_for_another(shop):
    _, headers = shop.shopper()
    body = {"user_id": "somebody else"}
    failed(shop.client.post("/recommend/stream-ticket", json=body, headers=headers), 403)


def test_a_storefront_says_for_whom(shop):
    address = "/recommend/stream-ticket"
    failed(shop.client.post(address, headers=shop.storefront), 422, "invalid_input")
    answer = done(shop.client.post(address, json={"user_id": "茶/x"}, headers=shop.storefront))
    assert answer["user_id"] == "茶/x"


@pytest.mark.parametrize("role", [Role.STOREFRONT, Role.BROWSER])
def test_a_key_may_follow_a_session(shop, role):
    session, item = new_id("session"), shop.item()
    body = {"session_id": session}
    address = "/recommend/stream-ticket"
    answer = done(shop.client.post(address, json=body, headers=shop.key(role)))
    assert answer.keys() == {"status", "session_id", "ticket", "expires_in"}
    stream = opened(shop, answer["ticket"], n=100)
    told = stream.list()
    stream.close()
    assert told["session_id"] == session
    assert "user_id" not in told
    assert item in ids_of(told)


def test_a_browser_key_says_which_session(shop):
    address = "/recommend/stream-ticket"
    failed(shop.client.post(address, headers=shop.key(Role.BROWSER)), 422, "invalid_input")


@pytest.mark.parametrize("role", [Role.BROWSER, Role.ADMIN])
def test_other_keys_get_none(shop, role):
    body = {"user_id": "ann"}
    response = shop.client.post("/recommend/stream-ticket", json=body, headers=shop.key(role))
    failed(response, 403, "not_allowed")


def test_a_body_that_is_there_must_be_right(shop):
    _, headers = shop.shopper()
    address = "/recommend/stream-ticket"
    failed(shop.client.post(address, json={"user": "ann"}, headers=headers), 422)
    failed(shop.client.post(address, json=[], headers=headers), 422)
    failed(shop.client.post(address, data="{", headers=headers), 415)


def test_a_ticket_opens_nothing_else(shop):
    _, headers = shop.shopper()
    ticket = ticket_for(shop, headers)
    failed(shop.client.get("/users/me", headers=bearer(ticket)), 401, "not_authenticated")
    failed(shop.client.get("/recommend", headers=bearer(ticket)), 401, "not_authenticated")


def test_nothing_else_opens_a_stream(shop):
    _, headers = shop.shopper()
    token = headers["Authorization"].removeprefix("Bearer ")
    for text in (token, "", "x", shop.keys[Role.STOREFRONT]):
        failed(ask(shop, text), 401, "not_authenticated")
    failed(shop.client.get("/recommend/stream", headers=headers), 422, "invalid_input")


def test_the_first_event_is_what_recommend_answers(shop):
    user, headers = shop.shopper()
    shop.item()
    stream = opened(shop, ticket_for(shop, headers), n=3, explain=1)
    answer = stream.list()
    stream.close()
    expected = shop.recommend(user, n=3, explain=1)
    assert answer.pop("recommendation_id") != expected.pop("recommendation_id")
    assert answer == expected


def test_its_headers_keep_it_out_of_caches_and_buffers(shop):
    _, headers = shop.shopper()
    response = ask(shop, ticket_for(shop, headers))
    assert response.mimetype == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Accel-Buffering"] == "no"
    response.close()


def test_a_rating_brings_the_next_list(shop):
    user, item = new_id("user"), shop.item(category=new_id())
    stream = opened(shop, ticket_for(shop, shop.storefront, user_id=user), n=100)
    assert item in ids_of(stream.list())
    shop.rate(user, item, 5)
    assert item not in ids_of(stream.list())
    stream.close()


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_list_the_client_has_is_not_sent_again(shop, way):
    user = new_id("user")
    ticket = ticket_for(shop, shop.storefront, user_id=user)
    first = opened(shop, ticket)
    digest = first.read()["id"]
    first.close()
    sent = {"headers": {"Last-Event-ID": digest}} if way == "header" else {"last_event_id": digest}
    again = opened(shop, ticket, **sent)
    shop.rate(user, shop.item(), 4)
    event = again.read()
    assert event["event"] == "recommendation"
    assert event["id"] != digest
    again.close()


def test_a_stream_ends_with_its_account(shop):
    _, headers = shop.shopper()
    stream = opened(shop, ticket_for(shop, headers))
    stream.list()
    done(shop.client.delete("/users/me", headers=headers))
    events = [stream.read()]
    if events[0]["event"] == "recommendation":
        events.append(stream.read())
    assert events[-1] == {"event": "end", "data": '{"reason":"revoked"}'}
    with pytest.raises(StopIteration):
        stream.read()
    stream.close()


def test_a_ticket_ends_with_what_it_rests_on(shop):
    _, headers = shop.shopper()
    ticket = ticket_for(shop, headers)
    opened(shop, ticket).close()
    done(shop.client.post("/logout", headers=headers))
    failed(ask(shop, ticket), 401, "not_authenticated")

    key, secret = shop.services.keys.create(Role.STOREFRONT)
    ticket = ticket_for(shop, {"X-API-Key": secret}, user_id="ann")
    opened(shop, ticket).close()
    shop.services.keys.revoke(key.key_id)
    failed(ask(shop, ticket), 401, "not_authenticated")


def test_what_is_wrong_is_said_before_anything_is_sent(shop):
    _, headers = shop.shopper()
    ticket = ticket_for(shop, headers)
    failed(ask(shop, ticket, w_user=0, w_item=0), 422, "invalid_input")
    failed(ask(shop, ticket, n=0), 422, "invalid_input")
    failed(ask(shop, ticket, user_id="ann"), 422, "invalid_input")


def test_places_are_few_are_counted_and_come_back(make_shop):
    shop = make_shop(streams=2)
    ticket = ticket_for(shop, shop.storefront, user_id="ann")
    before = metric(shop)
    unread, read = ask(shop, ticket), opened(shop, ticket)
    assert metric(shop) == before + 2
    answer = ask(shop, ticket)
    failed(answer, 503, "too_many_streams")
    assert int(answer.headers["Retry-After"]) > 0
    read.list()
    read.close()
    unread.close()
    assert metric(shop) == before
    opened(shop, ticket).close()


def test_looking_at_the_headers_takes_no_place(make_shop):
    shop = make_shop(streams=1)
    ticket = ticket_for(shop, shop.storefront, user_id="ann")
    for _ in range(3):
        response = shop.client.head("/recommend/stream", query_string={"ticket": ticket})
        assert response.status_code == 200
        response.close()
    opened(shop, ticket).close()


def test_a_stop_ends_every_stream(make_shop):
    shop = make_shop()
    ticket = ticket_for(shop, shop.storefront, user_id="ann")
    streams = [opened(shop, ticket) for _ in range(3)]
    for stream in streams:
        stream.list()
    shop.services.streams.stop()
    for stream in streams:
        assert stream.read()["data"] == '{"reason":"stopping"}'
        stream.close()


def test_a_bug_ends_the_stream(shop, monkeypatch):
    stream = opened(shop, ticket_for(shop, shop.storefront, user_id="ann"))
    monkeypatch.setattr(type(shop.services.recommendations), "shelf", lambda *_: 1 // 0)
    assert stream.read() == {"event": "end", "data": '{"reason":"failed"}'}
    stream.close()
