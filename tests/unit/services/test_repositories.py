"""Single-document calls of the repositories, on mongomock as far as it can follow.

It has no sessions and no change streams: what needs those is tested on the real MongoDB.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import mongomock
import pytest
from mongomock.codec_options import CodecOptions

from app.domain.accounts import Account, ApiKey, Credentials, Role
from app.domain.errors import Conflict
from app.domain.ratings import Rating
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.repositories.accounts import MongoAccounts
from app.repositories.keys import MongoKeys
from app.repositories.markers import MongoMarkers
from app.repositories.ratings import MongoRatings
from app.repositories.settings import MongoSettings, to_settings

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)


class FakeStore:
    """A store of mongomock; its sessions are nothing, and mongomock wants none."""

    def __init__(self) -> None:
        options = CodecOptions(tz_aware=True)
        self.database: Any = mongomock.MongoClient().get_database("test", codec_options=options)

    def collection(self, name: str) -> Any:
        return _WithoutSessions(self.database[name])

    @contextmanager
    def session(self) -> Iterator[Any]:
        with nullcontext(SimpleNamespace(operation_time=None)) as session:
            yield session


class _WithoutSessions:
    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)

        def call(*args: Any, session: object = None, **kwargs: Any) -> Any:
            return method(*args, **kwargs)

        return call


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def test_keys_come_back_as_they_were(store):
    keys = MongoKeys(store)
    made = [
        ApiKey("b", Role.BROWSER, "digest b", "", ("https://shop.example",), NOW),
        ApiKey("a", Role.ADMIN, "digest a", "label", (), NOW.replace(year=2025)),
    ]
    for key in made:
        keys.add(key)
    assert list(keys.scan()) == made[::-1]  # oldest first
    assert keys.remove("a").value is True
    assert keys.remove("a").value is False
    assert list(keys.scan()) == made[:1]


def test_settings_are_the_defaults_until_stored(store):
    settings = MongoSettings(store)
    assert settings.get() == ShopSettings()
    first = ShopSettings(1, Strategy.ITEM, 0.1, 0.2, 3, Similarity.PEARSON, 0.4)
    settings.replace(first)
    assert settings.get() == first


@pytest.mark.parametrize("version", [1, 3])
def test_settings_that_somebody_else_changed(store, version):
    settings = MongoSettings(store)
    settings.replace(ShopSettings(version=1, k=10))
    with pytest.raises(Conflict):
        settings.replace(ShopSettings(version=version, k=20))
    assert settings.get().k == 10


def test_settings_of_another_release():
    row = {"_id": "shop", "version": 4, "k": 5, "of_tomorrow": True}
    assert to_settings(row) == ShopSettings(version=4, k=5)


def test_accounts_come_back_as_they_were(store):
    accounts = MongoAccounts(store)
    ann = Credentials(Account("ann", "epoch 1", NOW), "hash")
    accounts.add(ann)
    assert accounts.find("ann") == ann
    assert accounts.find("bob") is None
    assert list(accounts.scan()) == [ann.account]
    newer = Credentials(Account("ann", "epoch 2", NOW), "other")
    assert accounts.replace(newer, expected_epoch="epoch 1").value == newer.account
    with pytest.raises(Conflict):
        accounts.replace(ann, expected_epoch="epoch 1")
    assert accounts.find("ann") == newer
    assert accounts.remove("ann").value is True
    assert accounts.remove("ann").value is False


def test_a_rating_is_taken_back_only_as_it_was(store):
    ratings = MongoRatings(store)
    old, new = Rating("ann", "tea", 3.0, NOW), Rating("ann", "tea", 5.0, NOW)
    ratings.put(old)
    ratings.put(new)
    ratings.take_back(old)
    assert list(ratings.rows()) == [new]
    ratings.take_back(new)
    assert list(ratings.rows()) == []
    assert ratings.remove("ann", "tea").value is False


def test_what_was_done_is_remembered(store):
    markers = MongoMarkers(store)
    assert not markers.has("demo")
    for _ in range(2):
        markers.set("demo")
    assert markers.has("demo")
    assert not markers.has("other")


def test_ratings_of_some_shoppers_and_a_time_are_removed(store):
    ratings = MongoRatings(store)
    kept = [("ann", "cup", 0), ("bob", "tea", 30), ("ann", "pot", 60)]
    for user_id, item_id, seconds in [*kept, ("ann", "tea", 30), ("ann", "jar", 59)]:
        ratings.put(Rating(user_id, item_id, 3.0, NOW + timedelta(seconds=seconds)))
    half_a_minute = {"since": NOW + timedelta(seconds=30), "before": NOW + timedelta(seconds=60)}
    assert ratings.remove_rated(["ann", "eve"], **half_a_minute) == 2
    found = {(rating.user_id, rating.item_id) for rating in ratings.rows()}
    assert found == {(user_id, item_id) for user_id, item_id, _ in kept}
