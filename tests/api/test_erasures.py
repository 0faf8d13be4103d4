"""A backup that is put back brings nobody back who was erased."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from app.bootstrap import Shop, erasure_list
from app.domain.events import Event, EventKey
from app.domain.ratings import Rating
from app.domain.subjects import of_session
from app.repositories import erasures
from tests.builders import PASSWORD, done

COLLECTIONS = ("users", "ratings", "events", "sessions", "erased")
VISIT = "a-random-session-id"


def now() -> datetime:
    return datetime.now(UTC)


def backup(shop):
    """Return a copy of what a backup of the database holds."""
    return {name: list(shop.database[name].find()) for name in COLLECTIONS}


def restore(shop, copy):
    """Put a backup in the place of what is there."""
    for name, rows in copy.items():
        shop.database[name].delete_many({})
        if rows:
            shop.database[name].insert_many(deepcopy(rows))
    settle(shop)


def settle(shop):
    assert shop.runtime.feed.wait(shop.repositories.changes.now().position)


def subjects_in(shop):
    keys = {"users": "_id", "sessions": "user_id"}
    found = {row[key] for name, key in keys.items() for row in shop.database[name].find()}
    found |= {row["_id"]["user_id"] for row in shop.database["ratings"].find()}
    return found | {row["_id"]["subject"] for row in shop.database["events"].find()}


@pytest.fixture
def shop(make_shop):
    """Give a shop with two shoppers and a session; ann and the session leave, bob stays."""
    shop = make_shop()
    shop.put_items({"item_id": "tea"}, {"item_id": "cup"})
    for user in ("ann", "bob"):
        shop.register(user)
        shop.rate(user, "tea", 5)
        body = {"kind": "view", "item_id": "cup", "user_id": user}
        done(shop.client.post("/events", json=body, headers=shop.storefront))
    done(shop.client.post("/login", json={"user_id": "ann", "password": PASSWORD,
                                          "session_id": "another-random-id"}))  # fmt: skip
    body = {"kind": "view", "item_id": "cup", "session_id": VISIT}
    done(shop.client.post("/events", json=body, headers=shop.storefront))
    return shop


def leave(shop):
    done(shop.client.delete("/users/ann", headers=shop.storefront))
    done(shop.client.delete(f"/sessions/{VISIT}", headers=shop.storefront))


def test_an_older_backup_is_noticed_and_the_erased_go_again(shop):
    copy = backup(shop)
    bobs = [row for rows in copy.values() for row in rows if "bob" in repr(row)]
    leave(shop)
    restore(shop, copy)
    assert subjects_in(shop) == {"ann", "bob", of_session(VISIT)}
    replayed = shop.runtime.erasures.catch_up()
    assert (replayed.erasures, replayed.subjects, replayed.removed) == (2, 2, 5)
    assert subjects_in(shop) == {"bob"}
    assert [r for rows in backup(shop).values() for r in rows if "bob" in repr(r)] == bobs
    settle(shop)
    assert shop.drift() == []
    assert shop.runtime.erasures.catch_up() is None


def test_a_database_that_knows_all_is_left_alone(shop):
    leave(shop)
    assert shop.runtime.erasures.catch_up() is None
    shop.register("ann")
    assert shop.runtime.erasures.catch_up() is None
    assert subjects_in(shop) == {"ann", "bob"}


def test_what_is_newer_than_the_erasure_stays(shop):
    copy = backup(shop)
    leave(shop)
    restore(shop, copy)
    later = now() + timedelta(seconds=1)
    shop.repositories.ratings.put(Rating("ann", "cup", 3.0, later))
    shop.repositories.ratings.put(Rating("ann", "without a time", 3.0))
    shop.tell(Event(EventKey("ann", "new"), "view", "tea", now() - timedelta(days=9), later))
    shop.runtime.erasures.catch_up()
    assert {pair for pair in shop.ratings() if pair[0] == "ann"} == {("ann", "cup")}
    (event,) = shop.database["events"].find({"_id.subject": "ann"})
    assert event["_id"]["event_id"] == "new"
    assert shop.database["users"].count_documents({"_id": "ann"}) == 0
    settle(shop)
    assert shop.drift() == []


def test_an_account_that_was_opened_since_stays(shop):
    copy = backup(shop)
    leave(shop)
    restore(shop, {**copy, "users": []})
    shop.services.accounts.register("ann", PASSWORD, trusted=True)
    shop.runtime.erasures.catch_up()
    assert shop.database["users"].count_documents({"_id": "ann"}) == 1
    assert {pair for pair in shop.ratings() if pair[0] == "ann"} == set()


def test_a_backup_between_two_erasures_of_one_shopper(shop):
    leave(shop)
    settle(shop)
    shop.services.deletions.finish(now() + timedelta(seconds=1))
    shop.rate("ann", "cup", 2)
    copy = backup(shop)
    done(shop.client.delete("/users/ann", headers=shop.storefront))
    restore(shop, copy)
    assert shop.runtime.erasures.catch_up().erasures == 1
    assert subjects_in(shop) == {"bob"}


def test_a_backup_that_was_made_while_somebody_left_needs_the_command(shop):
    """Its notes of who was erased are newer than its ratings."""
    copy = backup(shop)
    leave(shop)
    restore(shop, {**copy, "erased": backup(shop)["erased"]})
    assert shop.runtime.erasures.catch_up() is None
    assert shop.runtime.erasures.replay().subjects == 2
    assert subjects_in(shop) == {"bob"}


def test_another_machines_list(shop, tmp_path):
    copy = backup(shop)
    leave(shop)
    settings = shop.app.extensions["shelfwise"].settings
    foreign = tmp_path / "copied.jsonl"
    (settings.data_dir / "erased.jsonl").rename(foreign)
    restore(shop, copy)
    assert shop.runtime.erasures.catch_up() is None, "this machine has no list"
    assert shop.runtime.erasures.replay(erasure_list(foreign)).subjects == 2
    assert subjects_in(shop) == {"bob"}


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_documents_of_another_hand_stop_nothing(shop, monkeypatch, at_once):
    monkeypatch.setattr(erasures, "_AT_ONCE", at_once)
    copy = backup(shop)
    leave(shop)
    restore(shop, copy)
    rows = ["text", 7, {"user_id": 3}, {"other": 1}, {"user_id": "zoe"}]
    shop.database["ratings"].insert_many([{"_id": row} for row in rows])
    shop.runtime.erasures.catch_up()
    assert {pair["_id"]["user_id"] for pair in shop.database["ratings"].find(
        {"_id.user_id": {"$type": "string"}})} == {"bob", "zoe"}  # fmt: skip
    assert shop.database["ratings"].count_documents({}) == 1 + len(rows)


def test_a_start_does_it_before_anybody_is_served(shop):
    copy = backup(shop)
    leave(shop)
    restore(shop, copy)
    starting = Shop(shop.app.extensions["shelfwise"].settings)
    try:
        starting.start()
        assert subjects_in(shop) == {"bob"}
        assert len(starting.runtime.tables.history.of_subject("ann")) == 0
        assert starting.runtime.erasures.show().unknown == 0
    finally:
        starting.close()


def test_a_list_that_is_damaged_stops_no_start(shop):
    folder = shop.app.extensions["shelfwise"].settings.data_dir
    (folder / "erased.jsonl").write_text("no salt\n")
    assert shop.runtime.erasures.catch_up() is None


def test_what_the_list_says(shop):
    erasures = shop.runtime.erasures
    assert (erasures.show().erased, erasures.show().latest) == (0, None)
    before = now() - timedelta(milliseconds=1)
    leave(shop)
    state = erasures.show()
    assert (state.erased, state.unknown) == (2, 0)
    assert before <= state.latest <= now()
    shop.database["erased"].delete_many({})
    assert erasures.show().unknown == 2
