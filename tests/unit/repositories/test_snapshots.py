"""Snapshot files: whole, checked, mapped, with room to grow."""

import json
import os
import select
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from app.domain.changes import Position
from app.domain.snapshots import SnapshotHeader, SnapshotRejected
from app.engine.tables.arrays import resized
from app.repositories.snapshots import SnapshotFiles

MAGIC = b"SHELFWISE SNAPSHOT 1\n"
HEADER = SnapshotHeader("abc", 1000.5, Position(7, 3), {"_data": "82ff"}, {"one": 1, "two": 4})
PARTS: dict[str, dict[str, Any]] = {
    "one": {
        "numbers": np.arange(5000, dtype=np.int32),
        "rows": np.arange(24, dtype=np.float64).reshape(8, 3),
        "none": np.empty((0, 4), np.float32),
    },
    "two": {"flags": np.array([True, False]), "text": np.frombuffer("绿茶".encode(), np.uint8)},
}


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    files = SnapshotFiles(tmp_path / "snapshot")
    files.write("shop", HEADER, PARTS)
    return files


def test_what_is_written_is_read(files):
    snapshot = files.read("shop")
    assert snapshot.header == HEADER == files.header("shop")
    assert snapshot.parts.keys() == PARTS.keys()
    for part, arrays in PARTS.items():
        assert snapshot.parts[part].keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(snapshot.parts[part][name], array)
            assert snapshot.parts[part][name].dtype == array.dtype


def test_only_the_owner_may_read(files):
    path = files.path("shop")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_mapped_array_changes_and_grows_without_touching_the_file(files):
    before = files.path("shop").read_bytes()
    numbers = files.read("shop").parts["one"]["numbers"]
    place = numbers.ctypes.data
    numbers[0] = -1
    grown = resized(numbers, 6000)
    assert grown.ctypes.data == place, "there was room"
    assert grown[0] == -1 and (grown[5000:] == 0).all()
    grown[5999] = 9
    far = resized(grown, 60_000)
    assert far[0] == -1 and far[5999] == 9 and (far[6000:] == 0).all()
    assert files.path("shop").read_bytes() == before
    assert files.read("shop").parts["one"]["numbers"][0] == 0


def test_there_is_none(tmp_path):
    files = SnapshotFiles(tmp_path / "nothing here")
    assert files.read("shop") is None and files.header("shop") is None
    files.discard("shop")


@pytest.mark.parametrize("at", range(len(MAGIC), len(MAGIC) + 16))
def test_a_damaged_length_or_checksum_is_found(files, at):
    path = files.path("shop")
    whole = path.read_bytes()
    for bit in range(8):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << bit
        path.write_bytes(damaged)
        with pytest.raises(SnapshotRejected):
            files.read("shop")


@pytest.mark.parametrize("change", [{"other": 1}, {"taken_at": None}, {"position": 5}])
def test_a_header_in_other_words_is_of_another_version(files, change):
    path = files.path("shop")
    whole = path.read_bytes()
    length = int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 8], "little")
    start = len(MAGIC) + 16
    header = json.loads(whole[start : start + length])
    for name, value in change.items():
        if value is None:
            del header["header"][name]
        else:
            header["header"][name] = value
    text = json.dumps(header).encode()
    numbers = b"".join(n.to_bytes(8, "little") for n in (len(text), xxh3_64_intdigest(text)))
    path.write_bytes(MAGIC + numbers + text)
    with pytest.raises(SnapshotRejected, match="another version"):
        files.header("shop")


def test_what_was_begun_and_never_ended_is_removed(files):
    folder = files.path("shop").parent
    (folder / ".shop.123").write_bytes(b"half made by a process that was killed")
    with files.alone("shop"):
        assert not (folder / ".shop.123").exists()
    assert files.read("shop") is not None


def test_a_sweep_takes_what_begins_so(files):
    for name in ("verify-1-10", "verify-1-11", "verify-2-10"):
        files.write(name, HEADER, PARTS)
    (files.path("shop").parent / ".verify-1-12.99").write_bytes(b"begun")
    files.sweep("verify-1")
    left = {path.name for path in files.path("shop").parent.iterdir()}
    assert left == {"shop.snapshot", "verify-2-10.snapshot"}


def spots(path: Path) -> list[int]:
    """Places in the file that matter: everything but the holes between arrays."""
    data = path.read_bytes()
    return [at for at, byte in enumerate(data) if byte]


def test_any_damaged_byte_is_found(files):
    path = files.path("shop")
    whole = path.read_bytes()
    places = spots(path)
    for at in places[:: len(places) // 60]:
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(SnapshotRejected):
            files.read("shop")
    path.write_bytes(whole)
    assert files.read("shop") is not None


@pytest.mark.parametrize("length", [0, 10, 30, 200, 5000])
def test_a_file_that_is_cut_short_is_refused(files, length):
    os.truncate(files.path("shop"), length)
    with pytest.raises(SnapshotRejected):
        files.read("shop")


def test_a_failed_write_leaves_the_former_one(files):
    """A limit on the size of files stands for a disk that is full."""
    script = f"""
import resource, signal, sys
import numpy as np
from pathlib import Path
from tests.unit.repositories.test_snapshots import HEADER
from app.repositories.snapshots import SnapshotFiles
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
parts = {{"one": {{"numbers": np.ones(1_000_000)}}, "two": {{}}}}
try:
    SnapshotFiles(Path({str(files.path("shop").parent)!r})).write("shop", HEADER, parts)
except OSError as error:
    sys.exit(f"refused {{error.errno}}")
"""
    outcome = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert "refused" in outcome.stderr, outcome
    assert files.read("shop").header == HEADER
    assert [path.name for path in files.path("shop").parent.iterdir()] == ["shop.snapshot"]


def test_one_at_a_time(files):
    """Whoever waits goes on when the other one ends, however it ends."""
    script = f"""
import os, sys
from pathlib import Path
from app.repositories.snapshots import SnapshotFiles
with SnapshotFiles(Path({str(files.path("shop").parent)!r})).alone("shop"):
    print("in", flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), 9)
"""
    command = [sys.executable, "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:
        ready, _, _ = select.select([one.stdout, other.stdout], [], [], 30)
        assert len(ready) == 1
        first, second = (one, other) if ready == [one.stdout] else (other, one)
        first.communicate("\n", timeout=30)
        assert second.stdout.readline() == "in\n"
        second.communicate("\n", timeout=30)
