"""API keys, with a repository that is a list."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.accounts import ApiKey, Caller, Role
from app.domain.changes import Change, Collection, Position, Written
from app.domain.errors import InvalidInput, NotAllowed, NotAuthenticated, UnknownKey
from app.services.keys import Keys
from app.services.projections.keys import KeysProjection

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class FakeKeys:
    """A repository whose changes are in memory at once."""

    def __init__(self) -> None:
        self.keys: list[ApiKey] = []
        self.live = KeysProjection(self)

    def add(self, key: ApiKey) -> Position:
        self.keys.append(key)
        self.live.apply(Change(Collection.KEYS, key.key_id, key))
        return Position(1, 1)

    def remove(self, key_id: str) -> Written[bool]:
        found = [key for key in self.keys if key.key_id == key_id]
        self.keys = [key for key in self.keys if key not in found]
        self.live.apply(Change(Collection.KEYS, key_id))
        return Written(bool(found), Position(1, 2))

    def scan(self) -> Any:
        return iter(self.keys)


class FakeFeed:
    def wait(self, position: Position | None) -> bool:
        return True


@pytest.fixture
def keys():
    repository, feed = FakeKeys(), FakeFeed()
    return Keys(repository, live=repository.live, feed=feed, now=lambda: NOW)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.STOREFRONT])
def test_a_key_speaks_for_its_role(keys, role):
    key, secret = keys.create(role, label="till 1")
    assert secret.startswith(f"sw_{role}_")
    assert keys.authenticate(secret, origin=None) == Caller(role, key_id=key.key_id)
    assert keys.list() == [key]
    assert (key.label, key.created_at) == ("till 1", NOW)
    assert secret not in repr(key)


def test_every_secret_is_another(keys):
    made = {keys.create(Role.ADMIN)[1] for _ in range(20)}
    assert len(made) == 20
    assert all(len(secret) > 40 for secret in made)


def test_a_browser_key_names_its_origins(keys):
    with pytest.raises(InvalidInput, match="origins"):
        keys.create(Role.BROWSER)
    _, secret = keys.create(Role.BROWSER, origins=["https://shop.example/"])
    assert keys.authenticate(secret, origin="https://shop.example").role is Role.BROWSER
    for origin in (None, "null", "https://other.example", "https://shop.example:8443"):
        with pytest.raises(NotAllowed):
            keys.authenticate(secret, origin=origin)


def test_a_page_of_the_service_itself_needs_no_origin(keys):
    _, secret = keys.create(Role.BROWSER, origins=["https://shop.example"])
    assert keys.authenticate(secret, origin=None, own_page=True).role is Role.BROWSER
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret + "x", origin=None, own_page=True)


def test_shoppers_have_no_keys(keys):
    with pytest.raises(InvalidInput, match="role"):
        keys.create(Role.SHOPPER)


def test_a_revoked_key_is_unknown(keys):
    key, secret = keys.create(Role.ADMIN)
    keys.revoke(key.key_id)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret, origin=None)
    with pytest.raises(UnknownKey):
        keys.revoke(key.key_id)


@pytest.mark.parametrize("secret", ["", "x", "ключ", "\udcff", "sw_admin_"])
def test_what_is_no_key(keys, secret):
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret, origin=None)
