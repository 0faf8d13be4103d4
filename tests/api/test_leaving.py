"""Leaving: every trace of a shopper or a session goes, and nothing of anybody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.accounts import Role
from app.domain.deletions import Erasure
from app.domain.events import Event, EventKey
from app.domain.ratings import Rating
from app.domain.subjects import of_session
from tests.builders import PASSWORD, done, failed, ids_of, new_id

LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def session() -> str:
    return new_id("a-random-session")


def view(shop, item, headers=None, **whose):
    body = {"kind": "view", "item_id": item, "event_id": new_id("event"), **whose}
    return shop.client.post("/events", json=body, headers=headers or shop.storefront)


def delete(shop, user, headers=None):
    return shop.client.delete(f"/users/{user}", headers=headers or shop.storefront)


def traces(shop, name: str) -> dict[str, list[Any]]:
    """Return every document that holds the name, but the notes of the deletion itself."""
    passing = {"deletions", "limit_windows", "limit_counters"}
    found = {}
    for collection in set(shop.database.list_collection_names()) - passing:
        rows = [row for row in shop.database[collection].find() if name in repr(row)]
        if rows:
            found[collection] = rows
    return found


def remembered(shop, subject) -> tuple[int, int]:
    """Return how many preferences and events this process's memory holds of a subject."""
    tables = shop.runtime.tables
    return len(tables.preferences.of_user(subject)), len(tables.history.of_subject(subject))


def finish(shop) -> None:
    """Sweep a second time, as is done when every request of then has ended."""
    shop.services.deletions.finish(now() + timedelta(seconds=1))
    shop.runtime.feed.wait(shop.repositories.changes.now().position)


def test_a_shopper_goes_with_everything(shop):
    item, other_item = shop.item(), shop.item()
    neighbour, neighbour_headers = shop.shopper()
    user, headers = shop.shopper()
    visit = session()
    for each in (user, neighbour):
        shop.rate(each, item, 5)
        done(view(shop, other_item, user_id=each))
    done(view(shop, other_item, session_id=visit))
    done(shop.client.post("/login", json={"user_id": user, "password": PASSWORD,
                                          "session_id": visit}))  # fmt: skip
    done(view(shop, other_item, session_id=visit))  # finds its shopper
    before = traces(shop, neighbour)
    answer = done(delete(shop, "me", headers))
    assert answer == {
        "status": "success",
        "user_id": user,
        "ratings_removed": 1,
        "events_removed": 3,
        "sessions_removed": 1,
        "account_removed": True,
    }
    assert traces(shop, user) == {}
    assert traces(shop, visit) == {}
    assert traces(shop, neighbour) == before
    assert remembered(shop, user) == (0, 0)
    assert shop.services.accounts._live.epoch(user) is None
    assert shop.drift() == []
    failed(delete(shop, user), 404, "unknown_user")
    failed(shop.client.get("/users/me", headers=headers), 401, "not_authenticated")
    assert done(shop.client.get("/users/me", headers=neighbour_headers))["user_id"] == neighbour


@pytest.mark.parametrize("trace", ["rating", "event"])
def test_any_trace_will_do(shop, trace):
    item, user = shop.item(), new_id("guest")
    if trace == "rating":
        shop.rate(user, item, 4)
    else:
        done(view(shop, item, user_id=user))
    answer = done(delete(shop, user, shop.admin))
    assert not answer["account_removed"]
    assert answer["ratings_removed"] + answer["events_removed"] == 1
    assert traces(shop, user) == {}
    assert shop.drift() == []


def test_the_mark_alone_has_memory_forget(shop):
    """A hundred thousand documents take seconds to go: no list may be made of them meanwhile."""
    item, (user, _) = shop.item(), shop.shopper()
    shop.rate(user, item, 5)
    done(view(shop, item, user_id=user))
    marked = shop.repositories.deletions.mark_subject(user, now(), "digest")
    assert shop.runtime.feed.wait(marked)
    assert remembered(shop, user) == (0, 0)
    assert shop.services.accounts._live.epoch(user) is None
    assert shop.recommend(user)["strategy"] == "popular"
    assert traces(shop, user).keys() == {"users", "ratings", "events"}
    finish(shop)


def test_a_deletion_that_was_cut_short_is_completed(shop):
    item, (user, _) = shop.item(), shop.shopper()
    shop.rate(user, item, 5)
    done(view(shop, item, user_id=user))
    shop.repositories.deletions.mark_subject(user, now(), digest := new_id("digest"))
    finish(shop)
    assert traces(shop, user) == {}
    assert shop.database["deletions"].count_documents({}) == 0
    assert shop.database["erased"].count_documents({"_id": digest}) == 1
    assert shop.drift() == []


def test_who_registers_while_the_old_is_swept_keeps_what_is_new(shop):
    old, new, (user, _) = shop.item(), shop.item(), shop.shopper()
    shop.rate(user, old, 5)
    done(view(shop, old, user_id=user))
    deletions = shop.repositories.deletions
    deletions.mark_subject(user, now(), "digest")
    shop.repositories.accounts.remove(user)
    until = now()
    shop.services.accounts.register(user, PASSWORD, trusted=True)
    shop.rate(user, new, 4)
    done(view(shop, new, user_id=user))
    swept = deletions.sweep_subject(user, until=until)
    assert swept.value == (1, 1, 0)
    shop.runtime.feed.wait(swept.position)
    assert [row["item_id"] for row in ratings_of(shop, user)] == [new]
    assert remembered(shop, user) == (1, 1)
    assert shop.drift() == []
    finish(shop)
    assert shop.drift() == []


def ratings_of(shop, user):
    return done(shop.client.get(f"/users/{user}/ratings", headers=shop.storefront))["ratings"]


def test_who_comes_back_keeps_what_is_new(shop):
    old, new, (user, _) = shop.item(), shop.item(), shop.shopper()
    shop.rate(user, old, 5)
    done(view(shop, old, user_id=user))
    done(delete(shop, user))
    shop.register(user)
    headers = shop.login(user)
    shop.rate(user, new, 4)
    done(view(shop, new, headers))
    long_ago = Event(EventKey(user, "imported"), "purchase", old, LONG_AGO, now())
    assert shop.services.events.store([long_ago]).value.leaving == {}
    position = shop.repositories.ratings.put(Rating(user, old, 3.0, LONG_AGO))
    shop.runtime.feed.wait(position)
    finish(shop)
    assert {row["item_id"] for row in ratings_of(shop, user)} == {old, new}
    assert remembered(shop, user) == (2, 2)
    assert done(shop.client.get("/users/me", headers=headers))["user_id"] == user
    assert shop.database["deletions"].count_documents({}) == 0
    assert shop.drift() == []


def test_what_writers_left_goes_with_the_second_sweep(shop):
    """They were killed between writing and looking for the mark."""
    item, user = shop.item(), new_id("guest")
    shop.rate(user, item, 5)
    done(delete(shop, user))
    shop.tell(Event(EventKey(user, "late"), "view", item, now(), now()))
    shop.runtime.feed.wait(shop.repositories.ratings.put(Rating(user, item, 3.0, now())))
    assert remembered(shop, user) == (1, 1)
    finish(shop)
    assert traces(shop, user) == {}
    assert remembered(shop, user) == (0, 0)
    assert shop.drift() == []


def test_a_snapshot_taken_before_the_second_sweep_is_known_to_hold_something(shop):
    item, user = shop.item(), new_id("guest")
    shop.rate(user, item, 5)
    erased = shop.repositories.erased
    done(delete(shop, user))
    first = erased.last_swept()
    assert first is not None
    finish(shop)
    assert erased.last_swept() == first, "nothing was left"
    shop.rate(user, item, 5)
    done(delete(shop, user))
    shop.tell(Event(EventKey(user, "late"), "view", item, now(), now()))
    taken = now()
    finish(shop)
    assert shop.database["deletions"].count_documents({}) == 0
    assert erased.last_swept() >= taken - timedelta(milliseconds=1)


def test_the_mark_of_an_item_forgets_no_shopper(shop):
    name = new_id("namesake")
    shop.item(name)
    item = shop.item()
    shop.register(name)
    shop.rate(name, item, 5)
    done(view(shop, item, user_id=name))
    done(shop.client.delete(f"/items/{name}", headers=shop.admin))
    assert remembered(shop, name)[1] == 1
    assert [row["item_id"] for row in ratings_of(shop, name)] == [item]
    assert shop.services.accounts._live.epoch(name) is not None
    assert shop.drift() == []


def test_late_events_of_a_claimed_session_go_with_its_shopper(shop):
    """A writer was killed before it moved them."""
    item, (user, _), visit = shop.item(), shop.shopper(), session()
    body = {"user_id": user, "password": PASSWORD, "session_id": visit}
    done(shop.client.post("/login", json=body))
    shop.tell(Event(EventKey(of_session(visit), "late"), "view", item, now(), now()))
    assert done(delete(shop, user))["events_removed"] == 1
    assert traces(shop, visit) == {}
    assert shop.drift() == []


@pytest.mark.parametrize("role", [Role.STOREFRONT, Role.BROWSER, Role.ADMIN])
def test_a_session_goes(shop, role):
    item, visit = shop.item(), session()
    other = session()
    for each in (visit, visit, other):
        done(view(shop, item, session_id=each))
    done(view(shop, item, user_id=visit))  # a shopper of the same name
    answer = done(shop.client.delete(f"/sessions/{visit}", headers=shop.key(role)))
    assert answer == {"status": "success", "session_id": visit, "events_removed": 2}
    assert remembered(shop, of_session(visit)) == (0, 0)
    assert remembered(shop, visit) == (1, 1)
    assert remembered(shop, of_session(other)) == (1, 1)
    assert len(traces(shop, visit)["events"]) == 1
    assert shop.drift() == []
    answer = shop.client.delete(f"/sessions/{visit}", headers=shop.key(role))
    failed(answer, 404, "unknown_session")


def test_whose_session_may_not_be_removed(shop):
    _, headers = shop.shopper()
    failed(shop.client.delete(f"/sessions/{session()}", headers=headers), 403, "not_allowed")
    failed(shop.client.delete("/sessions/short", headers=shop.storefront), 404, "unknown_session")


def test_a_browser_key_removes_no_shopper(shop):
    user, _ = shop.shopper()
    failed(delete(shop, user, shop.key(Role.BROWSER)), 403, "not_allowed")


def test_a_merged_session_is_its_shoppers(shop):
    item, (user, _), visit = shop.item(), shop.shopper(), session()
    done(view(shop, item, session_id=visit))
    body = {"user_id": user, "password": PASSWORD, "session_id": visit}
    done(shop.client.post("/login", json=body))
    gone = shop.client.delete(f"/sessions/{visit}", headers=shop.storefront)
    failed(gone, 404, "unknown_session")
    assert remembered(shop, user) == (1, 1)


def test_what_is_done_in_a_session_that_leaves_does_not_stay(shop):
    item, visit = shop.item(), session()
    done(view(shop, item, session_id=visit))
    done(shop.client.delete(f"/sessions/{visit}", headers=shop.storefront))
    failed(view(shop, item, session_id=visit), 409, "session_leaving")
    assert traces(shop, visit) == {}
    finish(shop)
    done(view(shop, item, session_id=visit))
    assert shop.drift() == []


def test_a_list_that_cannot_be_written_keeps_nobody(make_shop):
    shop = make_shop()
    item = shop.item()
    folder = shop.app.extensions["shelfwise"].settings.data_dir
    (folder / "erased.jsonl").mkdir()
    shop.rate("ann", item, 5)
    assert done(delete(shop, "ann"))["ratings_removed"] == 1
    assert traces(shop, "ann") == {}
    assert shop.repositories.erased.last_swept() is not None


def test_the_list_tells_no_names(make_shop):
    shop = make_shop()
    item, visit = shop.item(), session()
    shop.rate("ann of green gables", item, 5)
    done(view(shop, item, session_id=visit))
    done(delete(shop, "ann%20of%20green%20gables"))
    done(shop.client.delete(f"/sessions/{visit}", headers=shop.storefront))
    folder = shop.app.extensions["shelfwise"].settings.data_dir
    text = (folder / "erased.jsonl").read_text()
    assert len(text.splitlines()) == 3
    assert "ann" not in text
    assert visit not in text
    assert ids_of(shop.recommend("ann of green gables"))


def test_the_latest_erasure_stays(shop):
    erased, digest = shop.repositories.erased, new_id("digest")
    for day in (2, 5, 3):
        erased.add([Erasure(digest, LONG_AGO + timedelta(days=day))])
    assert erased.known([digest, "other"]) == {digest: LONG_AGO + timedelta(days=5)}
