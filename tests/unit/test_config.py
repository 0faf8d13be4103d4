"""Settings that keep a deployment safe."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from app.bootstrap.secret import find_secret
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


@pytest.mark.parametrize("limit", ["ten", "10", "10 per fortnight"])
def test_a_limit_that_means_nothing_is_refused_at_start(limit):
    with pytest.raises(ValidationError, match="login_limit"):
        Settings(login_limit=limit)


def test_makers_of_the_development_secret_agree(tmp_path):
    settings = Settings(environment="development", data_dir=tmp_path / "new")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: find_secret(settings), range(32)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o077 == 0
