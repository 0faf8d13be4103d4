"""Settings that keep a deployment safe."""

import pytest
from pydantic import ValidationError

from config import Settings


def test_the_demo_belongs_to_development_alone():
    assert Settings(environment="development", demo=True).shows_demo
    assert not Settings(environment="production", demo=True).shows_demo
    assert not Settings(environment="development", demo=False).shows_demo


def test_a_wrong_setting_shows_no_secret():
    with pytest.raises(ValidationError) as told:
        Settings(secret_key="abcdefghijklmnop", rating_min=5, rating_max=1)
    assert "abcdefgh" not in str(told.value)


def test_an_empty_variable_is_no_setting(monkeypatch):
    monkeypatch.setenv("WORKERS", "")
    monkeypatch.setenv("MONGO_URI", "")
    assert Settings().workers == 2
    assert Settings().mongo_uri is None
