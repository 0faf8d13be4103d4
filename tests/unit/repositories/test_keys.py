"""API keys as documents, on mongomock."""

from datetime import UTC, datetime

import pytest

from app.domain.accounts import ApiKey, Role
from app.domain.changes import Position
from app.repositories.keys import MongoKeys

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)
BROWSER = ApiKey("b", Role.BROWSER, "digest b", "", ("https://shop.example",), NOW)
ADMIN = ApiKey("a", Role.ADMIN, "digest a", "label", (), NOW.replace(year=2025))


@pytest.fixture
def keys(store):
    made = MongoKeys(store)
    for key in (BROWSER, ADMIN):
        made.add(key)
    return made


def test_they_come_back_as_they_were_oldest_first(keys):
    assert list(keys.scan()) == [ADMIN, BROWSER]


def test_a_key_is_removed_once(keys):
    removed = keys.remove("a")
    assert (removed.value, removed.position) == (True, Position(1, 3))
    removed = keys.remove("a")
    assert (removed.value, removed.position) == (False, None)
    assert list(keys.scan()) == [BROWSER]


def test_another_hands_document_is_passed_over(store, keys):
    odd = {**store.database["keys"].find_one({"_id": "a"}), "_id": "c", "role": "emperor"}
    store.database["keys"].insert_many([odd, {"_id": "d"}])
    assert list(keys.scan()) == [ADMIN, BROWSER]
