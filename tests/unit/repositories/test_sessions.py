"""Claims of sessions as documents, on mongomock."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.subjects import Claim
from app.repositories.sessions import MongoSessions

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def sessions(store):
    return MongoSessions(store, keep=timedelta(days=30))


def test_the_first_claim_holds(store, sessions):
    assert sessions.claim("s1", "ann", NOW) == "ann"
    stored = store.database["sessions"].find_one()
    assert sessions.claim("s1", "bob", NOW + SECOND) == "ann"
    assert sessions.claim("s1", "ann", NOW + SECOND) == "ann"
    assert list(store.database["sessions"].find()) == [stored]
    assert stored["expires"] == NOW + timedelta(days=30)


def test_those_whose_events_are_not_moved(sessions):
    for session_id in ("s1", "s2", "s3"):
        sessions.claim(session_id, "ann", NOW)
    sessions.claim("s4", "bob", NOW + SECOND)
    sessions.finished("s2")
    sessions.finished("unknown")
    assert sessions.unfinished(NOW) == []
    assert sorted(sessions.unfinished(NOW + SECOND)) == [("s1", "ann"), ("s3", "ann")]
    assert len(sessions.unfinished(NOW + 2 * SECOND)) == 3


def test_a_shoppers_claims_come_oldest_first(sessions):
    sessions.claim("s1", "ann", NOW + SECOND)
    sessions.claim("s2", "ann", NOW)
    sessions.claim("s3", "bob", NOW)
    assert sessions.of_user("ann") == [Claim("s2", "ann", NOW), Claim("s1", "ann", NOW + SECOND)]
    assert sessions.of_user("eve") == []


def test_owners_are_those_of_the_sessions_asked_for(sessions):
    sessions.claim("s1", "ann", NOW)
    sessions.claim("s2", "bob", NOW)
    assert sessions.owners(["s2", "s3"]) == {"s2": "bob"}
