"""Everything that is kept of a shopper, given back as lines that an import reads."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.data.importing.events import EventImport
from app.data.importing.ratings import RatingImport
from app.data.importing.runs import EventOptions, ImportOptions
from app.domain.accounts import Role
from app.domain.events import Event, EventContext, EventKey
from tests.builders import PASSWORD, done, failed, new_id


def exported(shop, user, headers=None):
    answer = shop.client.get(f"/users/{user}/export", headers=headers or shop.storefront)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "application/x-ndjson"
    assert answer.is_streamed
    return [json.loads(line) for line in answer.get_data().splitlines()]


def of_type(lines, kind):
    return [line for line in lines if line["type"] == kind]


@pytest.fixture
def full(shop):
    """Give a shopper of whom everything is kept that can be."""
    item, (user, headers), visit = shop.item(), shop.shopper(), new_id("a-random-session")
    shop.rate(user, item, 4.5)
    at = datetime.now(UTC).replace(microsecond=125_000) - timedelta(days=3)
    context = EventContext("/cart", "phone", "top", "DE", "r-1")
    shop.tell(
        Event(EventKey(user, "e/1"), "purchase", item, at, at, 2, 9.5, "order 7", None, context),
        Event(EventKey(user, "e/2"), "search", None, at, at, query="grüner Tee"),
    )
    body = {"user_id": user, "password": PASSWORD, "session_id": visit}
    done(shop.client.post("/login", json=body))
    return user, headers, item, visit


def test_everything_is_given_back(shop, full):
    user, headers, item, visit = full
    lines = exported(shop, "me", headers)
    assert [line["type"] for line in lines] == [
        "account", "rating", "event", "event", "session", "profile",
    ]  # fmt: skip
    assert {line["user_id"] for line in lines[:-1]} == {user}
    account, rating, bought, searched, session, profile = lines
    assert account["created_at"].endswith("Z")
    assert (rating["item_id"], rating["rating"]) == (item, 4.5)
    assert (bought["event_id"], bought["event"], bought["order_id"]) == (
        "e/1",
        "purchase",
        "order 7",
    )
    assert (bought["quantity"], bought["price"], bought["device"]) == (2, 9.5, "phone")
    assert (searched["query"], "item_id" in searched) == ("grüner Tee", False)
    assert session["session_id"] == visit
    assert profile["purchases"]["orders"] == 1
    assert "password" not in json.dumps(lines)


def test_a_key_reads_the_same(shop, full):
    user, headers, *_ = full
    own = exported(shop, user, headers)[:-1]
    for role in (Role.STOREFRONT, Role.ADMIN):
        assert exported(shop, user, shop.key(role))[:-1] == own


def test_nobody_else_reads_it(shop, full):
    user, *_ = full
    _, other = shop.shopper()
    failed(shop.client.get(f"/users/{user}/export", headers=other), 403, "not_allowed")
    browser = shop.key(Role.BROWSER)
    failed(shop.client.get(f"/users/{user}/export", headers=browser), 403, "not_allowed")


def test_a_shopper_without_an_account_has_records_too(shop):
    item, user = shop.item(), new_id("guest")
    failed(shop.client.get(f"/users/{user}/export", headers=shop.storefront), 404, "unknown_user")
    shop.rate(user, item, 3)
    assert [line["type"] for line in exported(shop, user)] == ["rating", "profile"]
    done(shop.client.delete(f"/users/{user}", headers=shop.storefront))
    failed(shop.client.get(f"/users/{user}/export", headers=shop.storefront), 404, "unknown_user")


def test_an_import_makes_the_same_events_and_ratings_of_it(shop, full, tmp_path):
    user, *_ = full
    answer = shop.client.get(f"/users/{user}/export", headers=shop.storefront)
    file = tmp_path / "export.jsonl"
    file.write_bytes(answer.get_data())
    rejects = tmp_path / "rejects.jsonl"

    def kept():
        events = {
            e.key: e._replace(received_at=None) for e in shop.repositories.events.rows_of(user)
        }
        return events, list(shop.repositories.ratings.rows_of(user))

    before = kept()
    shop.database["events"].delete_many({"_id.subject": user})
    shop.database["ratings"].delete_many({"_id.user_id": user})
    stored, found = shop.repositories, shop.services
    of_events = EventImport(found.events, stored.items, found.settings.get, found.catalogue)
    of_ratings = RatingImport(stored.ratings, stored.items, shop.runtime.scale, found.catalogue)
    events = EventOptions(rejects=rejects, where=[("type", "event")])
    assert of_events.run(file, events).stored == 2
    assert of_ratings.run(file, ImportOptions(rejects=rejects)).stored == 1
    assert kept() == before


def test_what_cuts_it_short_is_said_in_the_last_line(shop, full, monkeypatch):
    user, *_ = full
    ratings = type(shop.repositories.ratings)

    def broken(self, user_id):
        raise RuntimeError("secret")
        yield

    monkeypatch.setattr(ratings, "rows_of", broken)
    lines = exported(shop, user)
    assert [line["type"] for line in lines] == ["account", "failure"]
    assert lines[-1]["code"] == "internal_error"
    assert "secret" not in lines[-1]["message"]
