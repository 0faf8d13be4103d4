"""The shop's settings as a document, on mongomock."""

import pytest

from app.domain.errors import Conflict
from app.domain.settings import ShopSettings, Similarity, Strategy, from_plain
from app.repositories.settings import MongoSettings


@pytest.fixture
def settings(store):
    return MongoSettings(store)


def test_they_come_back_as_they_were(settings):
    first = ShopSettings(
        version=1,
        strategy=Strategy.ITEM,
        auto_strategy=Strategy.EASE,
        similarity=Similarity.PEARSON,
        w_user=0.1,
        weights={"view": 2.0},
        vector_weights={"text": 0.5},
        models={"ease": 3},
        tuned={"k": [1, 2]},
    )
    settings.replace(first)
    assert settings.get() == first


@pytest.mark.parametrize("version", [1, 3])
def test_only_the_next_version_is_stored(settings, version):
    settings.replace(ShopSettings(version=1, k=10))
    with pytest.raises(Conflict):
        settings.replace(ShopSettings(version=version, k=20))
    assert settings.get().k == 10
    settings.replace(ShopSettings(version=2, k=20))
    assert settings.get() == ShopSettings(version=2, k=20)


def test_the_first_version_is_1(settings):
    with pytest.raises(Conflict):
        settings.replace(ShopSettings(version=2))
    assert settings.get() == ShopSettings()


def test_fields_of_another_release_are_passed_over():
    row = {"_id": "shop", "version": 4, "k": 5, "of_tomorrow": True}
    assert from_plain(row) == ShopSettings(version=4, k=5)
