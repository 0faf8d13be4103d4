"""Copies of models on this machine: good ones are mapped, bad ones fetched again."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from app.domain.models import ModelRecord, ModelRejected
from app.repositories.models import ModelFiles
from tests.unit.learning.builders import record

PARTS = {
    "model": {"weights": np.arange(6.0).reshape(2, 3), "power": np.array(0.5)},
    "items": {"data": np.frombuffer(b"tea", np.uint8)},
}


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return ModelFiles(tmp_path / "models", installation=lambda: "here")


def unreachable(file: IO[bytes]) -> None:
    raise AssertionError("fetched")


def adopted(files: ModelFiles, version: int = 1) -> ModelRecord:
    with files.written("ease", PARTS) as file:
        known = replace(record("ease", version), bytes=file.bytes, checksum=file.checksum)
        files.adopt(file, known)
    return known


def from_bytes(data: bytes) -> Callable[[IO[bytes]], None]:
    def fetch(file: IO[bytes]) -> None:
        file.write(data)

    return fetch


def assert_equal(contents) -> None:
    assert contents.keys() == PARTS.keys()
    for part, arrays in PARTS.items():
        assert contents[part].keys() == arrays.keys()
        for name, array in arrays.items():
            assert contents[part][name].shape == array.shape
            assert contents[part][name].dtype == array.dtype
            np.testing.assert_array_equal(contents[part][name], array)


def test_what_was_written_is_read(files: ModelFiles):
    known = adopted(files)
    assert_equal(files.read(known, unreachable))
    assert files.path(known).stat().st_size == known.bytes
    assert files.path(known).stat().st_mode & 0o77 == 0


def test_what_is_changed_in_memory_stays_in_memory(files: ModelFiles):
    known = adopted(files)
    files.read(known, unreachable)["model"]["weights"][0, 0] = 9.0
    assert_equal(files.read(known, unreachable))


def test_what_was_not_adopted_is_gone(files: ModelFiles):
    with files.written("ease", PARTS) as file:
        assert file.path.exists()
    assert not file.path.exists()


@pytest.mark.parametrize("damage", ["missing", "a byte", "the end", "nothing left", "another"])
def test_a_bad_copy_is_fetched_again(files: ModelFiles, damage: str):
    known = adopted(files)
    path = files.path(known)
    good = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "a byte":
        data = bytearray(good)
        data[data.index(b"tea")] ^= 1
        path.write_bytes(data)
    elif damage == "the end":
        os.truncate(path, len(good) - 1)
    elif damage == "nothing left":
        path.write_bytes(b"")
    else:
        with files.written("ease", {"model": {"weights": np.ones(2)}}) as file:
            path.write_bytes(file.path.read_bytes())
    assert_equal(files.read(known, from_bytes(good)))
    assert path.read_bytes() == good
    assert_equal(files.read(known, unreachable))


@pytest.mark.parametrize("data", [b"", b"something else", b"SHELFWISE MODEL 1\n" + bytes(100)])
def test_what_was_fetched_is_checked_too(files: ModelFiles, data: bytes):
    known = adopted(files)
    files.path(known).unlink()
    with pytest.raises(ModelRejected, match="ease/1"):
        files.read(known, from_bytes(data))
    assert sorted(path.name for path in files.path(known).parent.iterdir()) == [".lock"]


def test_only_what_is_stored_is_kept(files: ModelFiles, tmp_path: Path):
    one, two = adopted(files), adopted(files, 2)
    elsewhere = ModelFiles(tmp_path / "models", installation=lambda: "there")
    third = adopted(elsewhere)
    files.keep([two])
    assert not files.path(one).exists()
    assert files.path(two).exists()
    assert elsewhere.path(third).exists(), "another database's"


def test_what_was_begun_long_ago_goes(files: ModelFiles):
    folder = files.path(adopted(files)).parent
    old, new = folder / ".begun-1-x", folder / ".begun-2-x"
    for path in (old, new):
        path.touch()
    os.utime(old, (1, 1))
    files.keep([])
    assert not old.exists()
    assert new.exists()
