"""Events: one or many, each line with its answer; sessions, and what becomes of them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import subjects
from app.domain.accounts import Role
from tests.builders import ORIGIN, PASSWORD, bearer, done, failed, new_id


def post(shop, body, headers=None, **more):
    return shop.client.post("/events", json=body, headers=headers or shop.storefront, **more)


def event_of(item, **fields):
    return {"kind": "view", "item_id": item, "user_id": "ann"} | fields


def stored_events(shop, **condition):
    return list(shop.database["events"].find(condition))


def of_subject(shop, subject):
    return [e for e in shop.database["events"].find() if e["_id"]["subject"] == subject]


def test_one_event_is_stored_as_it_came(shop):
    item, user = shop.item(), new_id("user")
    body = event_of(
        item,
        user_id=user,
        kind="purchase",
        event_id="e1",
        at="2026-01-02T03:04:05.678+01:00",
        quantity=2,
        price=3.5,
        order_id="o1",
        context={"page": "/tea", "device": "mobile", "recommendation_id": "abc", "country": "DE"},
    )
    answer = done(post(shop, body))
    assert answer["events"] == [{"event_id": "e1", "outcome": "stored"}]
    assert (answer["stored"], answer["repeated"], answer["refused"]) == (1, 0, 0)
    (event,) = of_subject(shop, user)
    assert event["_id"] == {"subject": user, "event_id": "e1"}
    assert event["at"] == datetime(2026, 1, 2, 2, 4, 5, 678000, UTC)
    assert abs(event["received_at"] - datetime.now(UTC)) < timedelta(seconds=30)
    assert event["context"] == body["context"]
    told = {name: event[name] for name in ("kind", "quantity", "price", "order_id", "item_id")}
    assert told == {"kind": "purchase", "quantity": 2, "price": 3.5, "order_id": "o1",
                    "item_id": item}  # fmt: skip
    assert "expires" not in event


def test_an_event_that_is_sent_twice_counts_once(shop):
    item, user = shop.item(), new_id("user")
    body = event_of(item, user_id=user, event_id="again")
    assert done(post(shop, body))["stored"] == 1
    repeated = done(post(shop, body | {"kind": "purchase"}))
    assert (repeated["stored"], repeated["repeated"]) == (0, 1)
    both = done(post(shop, [body, body | {"event_id": "new"}, body | {"event_id": "new"}]))
    assert [line["outcome"] for line in both["events"]] == ["repeated", "stored", "repeated"]
    assert len(of_subject(shop, user)) == 2
    assert shop.drift() == []


def test_each_line_is_answered(shop):
    item, user = shop.item(), new_id("user")
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    lines = [
        event_of(item, user_id=user),
        event_of(item, user_id=user, kind="unheard_of"),
        event_of("no such item", user_id=user),
        event_of(item, user_id=user, at=future),
        event_of(item, user_id=user, at=1_000_000_000),
        event_of(item, user_id=user, quantity=0),
        event_of(item, user_id=user, colour="red"),
        event_of(item, user_id=user, session_id="12345678"),
        {"kind": "view", "item_id": item},
        "no object",
        event_of(None, user_id=user),
        event_of(None, user_id=user, kind="search", query="green tea"),
    ]
    answer = done(post(shop, lines))
    outcomes = [line["outcome"] for line in answer["events"]]
    assert outcomes == ["stored", *["refused"] * 10, "stored"]
    assert (answer["stored"], answer["refused"]) == (2, 10)
    codes = [line.get("code") for line in answer["events"]]
    assert codes[2] == "unknown_item"
    assert set(codes) == {None, "invalid_input", "unknown_item"}
    assert "unheard_of" not in answer["events"][1]["message"]
    assert "purchase" in answer["events"][1]["message"]
    assert set(answer["events"][5]["detail"]) == {"quantity"}
    assert set(answer["events"][6]["detail"]) == {"colour"}
    assert len(of_subject(shop, user)) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "nothing", "item_id": "x", "user_id": "u"}, 422, "invalid_input"),
        ({"kind": "view", "item_id": "unknown thing", "user_id": "u"}, 404, "unknown_item"),
        ({"kind": "view", "user_id": "u"}, 422, "invalid_input"),
        ({"kind": "view", "item_id": "x", "user_id": "u", "at": "yesterday"}, 422, "invalid_input"),
        ({"kind": "view", "item_id": "x", "user_id": "u", "at": 1e300}, 422, "invalid_input"),
        ({"kind": "view", "item_id": "x", "user_id": "u", "at": "0001-01-01T00:00:00+14:00"}, 422,
         "invalid_input"),
        ([], 422, "invalid_input"),
        ([{}] * 1001, 422, "invalid_input"),
        ("text", 422, "invalid_input"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_in_is_refused(shop, body, status, code):
    before = shop.database["events"].count_documents({})
    failed(post(shop, body), status, code)
    assert shop.database["events"].count_documents({}) == before


def test_who_may_send_what(shop):
    item = shop.item()
    user, token = shop.shopper()
    browser, session = shop.key(Role.BROWSER), new_id("session")
    assert done(post(shop, {"kind": "view", "item_id": item}, token))["stored"] == 1
    assert of_subject(shop, user)
    failed(post(shop, event_of(item, user_id="somebody"), token), 403)
    failed(post(shop, event_of(item, user_id=user), browser), 403)
    failed(post(shop, {"kind": "view", "item_id": item}, browser), 422)
    failed(post(shop, event_of(item), shop.admin), 403)
    failed(shop.client.post("/events", json=event_of(item)), 401)
    failed(post(shop, {"kind": "view", "item_id": item, "session_id": session}, token), 403)
    done(post(shop, {"kind": "view", "item_id": item, "session_id": session}, browser))
    assert of_subject(shop, subjects.of_session(session))
    failed(post(shop, {"kind": "view", "item_id": item, "session_id": "short"}, browser), 422)


def test_a_beacon_is_taken_in(shop):
    item, session = shop.item(), new_id("session")
    key = shop.keys[Role.BROWSER]
    body = f'{{"kind": "view", "item_id": "{item}", "session_id": "{session}"}}'

    def beacon(key, **headers):
        return shop.client.post(
            f"/events?api_key={key}", data=body, content_type="text/plain;charset=UTF-8",
            headers={"Origin": ORIGIN} | headers,
        )  # fmt: skip

    assert done(beacon(key))["stored"] == 1
    failed(beacon(shop.keys[Role.STOREFRONT]), 403)
    failed(beacon(key, Origin="https://elsewhere.example"), 403)
    failed(beacon("nonsense"), 401)
    failed(post(shop, event_of(item), query_string={"api": 1}), 422)


def test_the_next_list_counts_it(shop):
    liked, alike, other = shop.item(category="Tea"), shop.item(category="Tea"), shop.item()
    user = new_id("user")
    assert shop.recommend(user)["strategy"] == "popular"
    answer = post(shop, event_of(liked, user_id=user, kind="purchase"))
    assert done(answer)["stored"] == 1
    assert answer.headers["X-Freshness"]
    listed = shop.recommend(user, strategy="item", n=100)["recommendation"]
    score_of = {place["item_id"]: place["score"] for place in listed}
    assert score_of[alike] > score_of.get(other, 0)


def test_a_dislike_keeps_an_item_off_and_lowers_what_is_like_it(shop):
    disliked = shop.item(category="Noise|Drums", title="Drum")
    alike = shop.item(category="Noise|Drums", title="Drum")
    liked = shop.item(category="Quiet|Books", title="Book")
    both = shop.item(category="Noise|Drums", title="Book", tags=["Quiet"])
    user = new_id("user")
    done(post(shop, event_of(liked, user_id=user, kind="purchase")))

    def score_of():
        answer = shop.recommend(user, strategy="item", n=100)
        return {p["item_id"]: p["score"] for p in answer["recommendation"]}

    before = score_of()
    assert disliked in before
    done(post(shop, event_of(disliked, user_id=user, kind="dislike")))
    after = score_of()
    assert disliked not in after
    assert after.get(both, 0) < before[both]
    assert after.get(alike, 0) <= before[alike]


def test_a_kind_of_the_shops_own(shop):
    item, user = shop.item(), new_id("user")
    body = event_of(item, user_id=user, kind="wish_listed")
    failed(post(shop, body), 422)
    patch = {"weights": {"wish_listed": 4.0}}
    settings = done(shop.client.patch("/settings", json=patch, headers=shop.admin))["settings"]
    assert settings["weights"]["wish_listed"] == 4.0
    assert settings["weights"]["view"] == 1.0
    assert done(post(shop, body))["stored"] == 1
    assert shop.drift() == []
    patch = {"weights": {"wish_listed": None}}
    settings = done(shop.client.patch("/settings", json=patch, headers=shop.admin))["settings"]
    assert "wish_listed" not in settings["weights"]
    assert shop.drift() == []
    for wrong in ({"Wish": 1}, {"a.b": 1}, {"x" * 41: 1}, {"view": 1e9}, {"view": "1"}):
        failed(shop.client.patch("/settings", json={"weights": wrong}, headers=shop.admin), 422)


class TestSessions:
    def session(self, shop, *items, kind="purchase"):
        session = new_id("session")
        lines = [{"kind": kind, "item_id": item, "session_id": session} for item in items]
        done(post(shop, lines, shop.key(Role.BROWSER)))
        return session

    def test_it_is_recommended_to_from_the_first_click(self, shop):
        seen, alike = shop.item(category="Cheese"), shop.item(category="Cheese")
        session = self.session(shop, seen, kind="view")
        query = {"session_id": session, "strategy": "item", "n": 3}
        answer = shop.client.get("/recommend", query_string=query, headers=shop.key(Role.BROWSER))
        assert alike in [place["item_id"] for place in done(answer)["recommendation"]]

    @pytest.mark.parametrize("way", ["login", "register"])
    def test_it_becomes_the_shoppers(self, shop, way):
        session, user = self.session(shop, shop.item(), shop.item()), new_id("user")
        if way == "login":
            shop.register(user)
        body = {"user_id": user, "password": PASSWORD, "session_id": session}
        answer = done(shop.client.post(f"/{way}", json=body), 200 if way == "login" else 201)
        assert answer["session_merged"] is True
        assert len(of_subject(shop, user)) == 2
        assert of_subject(shop, subjects.of_session(session)) == []
        assert shop.drift() == []
        again = done(shop.client.post("/login", json=body))
        assert again["session_merged"] is True
        assert len(of_subject(shop, user)) == 2

    def test_without_one_nothing_is_merged(self, shop):
        user = new_id("user")
        shop.register(user)
        body = {"user_id": user, "password": PASSWORD}
        assert done(shop.client.post("/login", json=body))["session_merged"] is None

    def test_a_late_event_finds_its_shopper(self, shop):
        item = shop.item()
        session, (user, _) = self.session(shop, item), shop.shopper()
        body = {"user_id": user, "password": PASSWORD, "session_id": session}
        done(shop.client.post("/login", json=body))
        late = {"kind": "view", "item_id": item, "session_id": session}
        done(post(shop, late, shop.key(Role.BROWSER)))
        assert len(of_subject(shop, user)) == 2
        assert of_subject(shop, subjects.of_session(session)) == []

    def test_two_sessions_may_have_called_different_things_the_same(self, shop):
        user = shop.shopper()[0]
        for item in (shop.item(), shop.item()):
            session = new_id("session")
            line = {"kind": "view", "item_id": item, "session_id": session, "event_id": "click-1"}
            done(post(shop, line, shop.key(Role.BROWSER)))
            body = {"user_id": user, "password": PASSWORD, "session_id": session}
            done(shop.client.post("/login", json=body))
            again = done(post(shop, line, shop.key(Role.BROWSER)))
            assert again["events"] == [{"event_id": "click-1", "outcome": "repeated"}]
        assert len(of_subject(shop, user)) == 2

    def test_a_browser_key_erases_nothing_of_a_shoppers(self, shop):
        session, user = self.session(shop, shop.item()), new_id("user")
        shop.repositories.sessions.claim(session, user, datetime.now(UTC))  # and not moved yet
        answer = shop.client.delete(f"/sessions/{session}", headers=shop.key(Role.BROWSER))
        failed(answer, 404, "unknown_session")
        assert len(of_subject(shop, subjects.of_session(session))) == 1

    def test_of_two_logins_at_once_one_has_it(self, shop):
        items = [shop.item() for _ in range(5)]
        users = [shop.shopper()[0] for _ in range(4)]
        session = self.session(shop, *items)
        told, start = {}, threading.Barrier(len(users))

        def login(user):
            client = shop.app.test_client(use_cookies=False)
            start.wait()
            body = {"user_id": user, "password": PASSWORD, "session_id": session}
            told[user] = done(client.post("/login", json=body))["session_merged"]

        threads = [threading.Thread(target=login, args=(user,)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (owner,) = [user for user, merged in told.items() if merged]
        assert {user: len(of_subject(shop, user)) for user in users} == {
            user: 5 * (user == owner) for user in users
        }
        assert of_subject(shop, subjects.of_session(session)) == []
        assert shop.drift() == []

    def test_a_move_that_was_cut_short_is_finished(self, shop):
        session, user = self.session(shop, shop.item()), new_id("user")
        sessions = shop.repositories.sessions
        sessions.claim(session, user, datetime.now(UTC) - timedelta(minutes=5))
        assert shop.services.sessions.finish() == 1
        assert len(of_subject(shop, user)) == 1
        assert shop.services.sessions.finish() == 0

    def test_it_expires(self, shop):
        session = self.session(shop, shop.item())
        (event,) = of_subject(shop, subjects.of_session(session))
        days = (event["expires"] - event["received_at"]) / timedelta(days=1)
        assert days == 30
        indexes = shop.database["events"].index_information()
        assert indexes["by_expiry"]["expireAfterSeconds"] == 0


def test_events_may_be_kept_for_a_while_only(make_shop):
    shop = make_shop(events_days=10)
    item = shop.item()
    done(post(shop, event_of(item, at=(datetime.now(UTC) - timedelta(days=2)).isoformat())))
    (event,) = stored_events(shop)
    assert event["expires"] - event["at"] == timedelta(days=10)


def test_nobody_takes_over_what_a_guest_did(shop):
    guest = new_id("guest")
    done(post(shop, event_of(shop.item(), user_id=guest)))
    body = {"user_id": guest, "password": PASSWORD}
    failed(shop.client.post("/register", json=body), 409, "user_has_data")
    done(shop.client.post("/register", json=body, headers=shop.storefront), 201)


def test_a_shopper_whose_account_is_gone_writes_nothing(shop):
    item = shop.item()
    user, token = shop.shopper()
    done(post(shop, {"kind": "view", "item_id": item}, token))
    done(shop.client.delete("/users/me", headers=token))
    failed(post(shop, {"kind": "view", "item_id": item}, token), 401)
    failed(post(shop, event_of(item, user_id=user)), 409, "user_leaving")
    assert bearer("x")
