"""The list of who was erased: nobody can read a name in it, and no line is lost."""

import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.deletions import Erasure
from app.domain.errors import ErasuresUnusable
from app.repositories import erasures
from app.repositories.erasures import ErasureFile

NOON = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "erased.jsonl"


def added(path, subject, at=NOON):
    listed = ErasureFile(path)
    listed.append(Erasure(listed.digest(subject), at))


def test_what_was_added_is_there(path):
    added(path, "ann")
    added(path, "绿茶", NOON + timedelta(days=1))
    listed = ErasureFile(path).read()
    assert listed.at[listed.digest("ann")] == NOON
    assert listed.at[listed.digest("绿茶")] == NOON + timedelta(days=1)
    assert listed.digest("bob") not in listed.at
    assert len(listed.at) == 2


def test_of_one_name_the_latest_counts(path):
    for day in (1, 3, 2):
        added(path, "ann", NOON + timedelta(days=day))
    listed = ErasureFile(path).read()
    assert listed.at == {listed.digest("ann"): NOON + timedelta(days=3)}
    assert len(path.read_text().splitlines()) == 4


def test_there_is_none_before_the_first(path):
    assert ErasureFile(path).read() is None
    assert not path.exists()


def test_two_lists_name_one_shopper_differently(tmp_path):
    one, other = (ErasureFile(tmp_path / name / "erased.jsonl") for name in "ab")
    assert one.digest("ann") == one.digest("ann") != other.digest("ann")
    assert len(one.digest("ann")) == 64


def test_only_its_owner_may_read_it(path):
    added(path, "ann")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_costs_no_other(path):
    added(path, "ann")
    with path.open("a") as file:
        file.write('{"erased": "0123')
    added(path, "bob")
    listed = ErasureFile(path).read()
    assert listed.at.keys() == {listed.digest("ann"), listed.digest("bob")}


@pytest.mark.parametrize("start", ["", "{}\n", '{"salt": "xyz"}\n', '{"salt": 5}\n', "[]\n", "\n"])
def test_a_list_without_its_salt_is_refused(path, start):
    path.parent.mkdir()
    path.write_text(start + '{"erased": "a", "at": "2026-05-01T00:00:00Z"}\n')
    with pytest.raises(ErasuresUnusable):
        ErasureFile(path).read()
    with pytest.raises(ErasuresUnusable):
        ErasureFile(path).digest("ann")


def test_a_place_where_none_can_be(tmp_path):
    (tmp_path / "file").touch()
    listed = ErasureFile(tmp_path / "file" / "erased.jsonl")
    with pytest.raises(ErasuresUnusable):
        listed.digest("ann")
    with pytest.raises(ErasuresUnusable):
        listed.append(Erasure("digest", NOON))


def test_many_begin_one_list(path, monkeypatch):
    salt = erasures.secrets.token_hex

    def slowly(size):
        time.sleep(0.02)  # long enough for all to find no list
        return salt(size)

    monkeypatch.setattr(erasures.secrets, "token_hex", slowly)
    names = [f"user {number}" for number in range(64)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: added(path, name), names))
    listed = ErasureFile(path).read()
    assert listed.at.keys() == {listed.digest(name) for name in names}
    assert len(path.read_text().splitlines()) == 1 + len(names), "one salt"
