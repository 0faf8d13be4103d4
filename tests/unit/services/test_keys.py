"""API keys on mongomock, with a feed that is behind until it is waited for."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounts import KEY_ROLES, Caller, Role
from app.domain.errors import InvalidInput, NotAllowed, NotAuthenticated, UnknownKey
from app.live.projections.keys import KeysProjection
from app.repositories.keys import MongoKeys
from app.services.keys import Keys
from tests.builders import ORIGIN, Clock
from tests.unit.services.mock_store import MockFeed, MockStore

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def store():
    return MockStore()


@pytest.fixture
def worker(store, clock):
    """Give a way to start a worker on the database; each has a memory of its own."""

    def start() -> Keys:
        repository = MongoKeys(store)
        live = KeysProjection(repository)
        return Keys(repository, live=live, feed=MockFeed(store, live), now=lambda: clock.now)

    return start


@pytest.fixture
def keys(worker):
    return worker()


@pytest.mark.parametrize("role", KEY_ROLES)
def test_a_key_speaks_for_its_role(keys, role):
    key, secret = keys.create(role, label="till 1", origins=[ORIGIN])
    assert secret.startswith(f"sw_{role}_")
    assert keys.authenticate(secret, origin=ORIGIN) == Caller(role, key_id=key.key_id)
    assert keys.holds(key.key_id)
    assert (key.label, key.origins, key.created_at) == ("till 1", (ORIGIN,), NOW)


def test_shoppers_have_no_keys(keys, store):
    with pytest.raises(InvalidInput, match="role"):
        keys.create(Role.SHOPPER)
    assert store.writes == []


def test_only_the_hash_of_a_secret_is_stored(keys, store):
    key, secret = keys.create(Role.ADMIN, label="office")
    assert list(store.database["keys"].find()) == [
        {
            "_id": key.key_id,
            "role": "admin",
            "digest": sha256(secret.encode()).hexdigest(),
            "label": "office",
            "origins": [],
            "created_at": NOW,
        }
    ]
    assert secret not in repr(key)


def test_every_secret_is_another(keys):
    made = {keys.create(Role.ADMIN)[1] for _ in range(20)}
    assert len(made) == 20
    assert all(len(secret) > 40 for secret in made)


def test_keys_are_listed_oldest_first(keys, clock):
    made = []
    for days in (2, 0, 1):
        clock.now = NOW + timedelta(days=days)
        made.append(keys.create(Role.ADMIN)[0])
    assert keys.list() == [made[1], made[2], made[0]]


def test_a_browser_key_names_its_origins(keys):
    with pytest.raises(InvalidInput, match="origins"):
        keys.create(Role.BROWSER)
    key, secret = keys.create(Role.BROWSER, origins=[f"{ORIGIN}/", "http://localhost:5000"])
    assert key.origins == (ORIGIN, "http://localhost:5000")
    for origin in key.origins:
        assert keys.authenticate(secret, origin=origin).role is Role.BROWSER
    for wrong in (None, "", "null", f"{ORIGIN}/", "https://other.example", f"{ORIGIN}:8443"):
        with pytest.raises(NotAllowed):
            keys.authenticate(secret, origin=wrong)


def test_a_key_without_origins_is_good_from_anywhere(keys):
    _, secret = keys.create(Role.STOREFRONT)
    for origin in (None, ORIGIN, "null"):
        assert keys.authenticate(secret, origin=origin).role is Role.STOREFRONT


def test_a_page_of_the_service_itself_needs_no_origin(keys):
    _, secret = keys.create(Role.BROWSER, origins=[ORIGIN])
    assert keys.authenticate(secret, origin=None, own_page=True).role is Role.BROWSER
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret + "x", origin=None, own_page=True)


def test_a_revoked_key_is_unknown_and_others_hold(keys):
    key, secret = keys.create(Role.ADMIN)
    other, other_secret = keys.create(Role.ADMIN)
    keys.revoke(key.key_id)
    assert keys.list() == [other]
    assert not keys.holds(key.key_id)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret, origin=None)
    with pytest.raises(UnknownKey):
        keys.revoke(key.key_id)
    assert keys.authenticate(other_secret, origin=None).key_id == other.key_id


def test_a_worker_knows_another_ones_keys_when_its_feed_has_come_so_far(keys, worker):
    other = worker()
    _, secret = keys.create(Role.ADMIN)
    with pytest.raises(NotAuthenticated):
        other.authenticate(secret, origin=None)
    other.create(Role.ADMIN)  # and waits for what came before
    assert other.authenticate(secret, origin=None).role is Role.ADMIN


@settings(max_examples=30)
@given(st.text() | st.sampled_from(["sw_admin_", "ключ", "\udcff"]))
def test_any_text_is_refused(text):
    repository = MongoKeys(store := MockStore())
    live = KeysProjection(repository)
    keys = Keys(repository, live=live, feed=MockFeed(store, live), now=lambda: NOW)
    keys.create(Role.ADMIN)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(text, origin=None)
