"""Anonymous sessions on mongomock, with events in memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import subjects
from app.domain.changes import Written
from app.domain.errors import StoreUnavailable
from app.domain.events import Event, EventKey
from app.repositories.sessions import MongoSessions
from app.services.sessions import Sessions, moved_key
from tests.builders import Clock
from tests.unit.data.shop_fakes import NOWHERE, FakeEvents
from tests.unit.services.mock_store import MockFeed, MockStore

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SESSION = "session-1"


class Door:
    """The sessions of a shop that nobody has logged in to yet."""

    def __init__(self) -> None:
        self.store = MockStore()
        self.events = FakeEvents()
        self.feed = MockFeed(self.store)
        self.clock = Clock(NOW)
        self.sessions = Sessions(
            MongoSessions(self.store, keep=timedelta(days=30)),
            self.events,
            feed=self.feed,
            now=lambda: self.clock.now,
        )

    def view(self, session_id: str, *event_ids: str, item_id: str = "tea") -> None:
        for event_id in event_ids:
            key = EventKey(subjects.of_session(session_id), event_id)
            self.events.store([Event(key, "view", item_id, NOW, NOW, query=event_id)])

    def seen_by(self, subject: str) -> list[str | None]:
        return sorted(event.query for event in self.events.of_subject(subject))

    def claim(self, session_id: str = SESSION) -> dict:
        return self.store.database["sessions"].find_one({"_id": session_id})


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def sessions(door):
    return door.sessions


def test_what_was_done_in_a_session_becomes_the_shoppers(door, sessions):
    door.view(SESSION, "a", "b")
    door.view("session-2", "c")
    before = door.events.of_subject(subjects.of_session(SESSION))
    assert sessions.merge(SESSION, "ann") == Written(True, NOWHERE)
    assert door.feed.waited == [NOWHERE]
    moved = [event._replace(key=moved_key(event.key, "ann")) for event in before]
    assert door.events.of_subject("ann") == moved
    assert door.seen_by(subjects.of_session(SESSION)) == []
    assert door.seen_by(subjects.of_session("session-2")) == ["c"]


def test_a_claim_says_whose_since_when_and_until_when(door, sessions):
    sessions.merge(SESSION, "ann")
    assert door.claim() == {
        "_id": SESSION,
        "user_id": "ann",
        "claimed_at": NOW,
        "moved": True,
        "expires": NOW + timedelta(days=30),
    }


def test_the_owners_of_those_that_were_merged(door, sessions):
    sessions.merge(SESSION, "ann")
    sessions.merge("session-2", "bob")
    asked = [SESSION, "session-2", SESSION, "session-3"]
    assert sessions.owners(asked) == {SESSION: "ann", "session-2": "bob"}
    assert sessions.owners(iter([SESSION])) == {SESSION: "ann"}
    door.store.before("find", lambda: pytest.fail("nobody was asked for"))
    assert sessions.owners([]) == {}


def test_a_session_without_events_is_merged_all_the_same(sessions):
    assert sessions.merge(SESSION, "ann") == Written(True, None)
    assert sessions.owners([SESSION]) == {SESSION: "ann"}


def test_the_second_time_brings_what_came_since(door, sessions):
    door.view(SESSION, "a")
    sessions.merge(SESSION, "ann")
    first = door.claim()
    door.clock.now += timedelta(days=1)
    door.view(SESSION, "b")
    assert sessions.merge(SESSION, "ann").value is True
    assert door.seen_by("ann") == ["a", "b"]
    assert door.claim() == first
    assert sessions.merge(SESSION, "ann") == Written(True, None)


def test_a_session_is_merged_with_one_shopper_only(door, sessions):
    sessions.merge(SESSION, "ann")
    door.view(SESSION, "a")
    assert sessions.merge(SESSION, "bob") == Written(False, None)
    assert sessions.owners([SESSION]) == {SESSION: "ann"}
    assert door.seen_by("bob") == []
    assert door.seen_by(subjects.of_session(SESSION)) == ["a"]


def test_of_two_logins_at_once_the_first_to_be_stored_has_the_session(door, sessions):
    door.view(SESSION, "a")
    door.store.before("insert_one", lambda: sessions.merge(SESSION, "bob"))
    assert sessions.merge(SESSION, "ann").value is False
    assert door.seen_by("bob") == ["a"]
    assert door.seen_by("ann") == []


def test_a_claim_that_expires_meanwhile_is_made_anew(door, sessions):
    sessions.merge(SESSION, "ann")
    expired = {"_id": SESSION}
    door.store.before("find_one", lambda: door.store.database["sessions"].delete_one(expired))
    assert sessions.merge(SESSION, "bob").value is True
    assert sessions.owners([SESSION]) == {SESSION: "bob"}


def test_two_sessions_may_have_events_of_one_id(door, sessions):
    door.view(SESSION, "a", item_id="tea")
    door.view("session-2", "a", item_id="cup")
    for session_id in (SESSION, "session-2"):
        sessions.merge(session_id, "ann")
    assert {event.item_id for event in door.events.of_subject("ann")} == {"tea", "cup"}


def test_a_long_session_is_moved_whole(door, sessions):
    made = [f"{number:04}" for number in range(2001)]
    door.view(SESSION, *made)
    sessions.merge(SESSION, "ann")
    assert door.seen_by("ann") == made
    assert door.seen_by(subjects.of_session(SESSION)) == []


@pytest.fixture
def cut_short(door, sessions):
    """Leave a session claimed and copied, its own events not removed."""

    def away():
        raise StoreUnavailable

    door.view(SESSION, "a", "b")
    door.events.after_store = away
    with pytest.raises(StoreUnavailable):
        sessions.merge(SESSION, "ann")
    door.events.after_store = lambda: None
    assert door.seen_by("ann") == door.seen_by(subjects.of_session(SESSION)) == ["a", "b"]
    return door


def test_a_move_that_was_cut_short_is_finished_after_a_minute(cut_short, sessions):
    cut_short.clock.now = NOW + timedelta(seconds=60)
    assert sessions.finish() == 0
    cut_short.clock.now = NOW + timedelta(seconds=61)
    assert sessions.finish() == 1
    assert cut_short.seen_by("ann") == ["a", "b"]
    assert cut_short.seen_by(subjects.of_session(SESSION)) == []
    assert sessions.finish() == 0


def test_who_logs_in_again_finishes_the_move(cut_short, sessions):
    assert sessions.merge(SESSION, "ann").value is True
    assert cut_short.seen_by("ann") == ["a", "b"]
    cut_short.clock.now = NOW + timedelta(days=1)
    assert sessions.finish() == 0


ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(ids, ids, ids, ids)
def test_events_of_different_names_keep_different_names(session, other, event_id, other_id):
    keys = {EventKey(subjects.of_session(session), event_id)}
    keys.add(EventKey(subjects.of_session(other), other_id))
    moved = {moved_key(key, "ann") for key in keys}
    assert len(moved) == len(keys)
    assert {key.subject for key in moved} == {"ann"}
    assert {moved_key(key, "ann") for key in keys} == moved
