"""Sockets in a folder: found however deep it lies, for the owner alone, without the dead."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.serve.control.folder import SocketFolder, short_address

LONGEST = 107  # bytes that Linux takes in the address of a socket


@pytest.fixture
def ended() -> int:
    """Return the id of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="without /proc depth has its limits")
def test_a_deep_folder_works(tmp_path):
    path = tmp_path / ("deep" * 30) / ("er" * 60)
    assert len(str(path)) > 2 * LONGEST
    with SocketFolder.made(path) as folder, folder.listen(1) as listener:
        asking = folder.connect(1, seconds=1)
        answering, _ = listener.accept()
        with asking, answering:
            answering.sendall(b"here")
            assert asking.recv(10) == b"here"


def test_without_proc_the_shorter_way_is_taken(tmp_path, monkeypatch):
    nowhere, path = tmp_path / "no proc", tmp_path / ("deep" * 40) / "1.sock"
    path.parent.mkdir()
    monkeypatch.chdir(path.parent)
    assert short_address(path, 0, nowhere) == "1.sock"
    below = path.parent / "a" / "b" / "c" / "d"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert short_address(Path("/run/1.sock"), 0, nowhere) == "/run/1.sock"


def test_it_is_for_the_owner_alone(tmp_path):
    path = tmp_path / "run" / "8000"
    path.mkdir(parents=True, mode=0o755)
    with SocketFolder.made(path) as folder, folder.listen(7):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE((path / "7.sock").stat().st_mode) == 0o600


def test_a_dead_socket_is_removed_and_a_live_one_kept(tmp_path, ended):
    with SocketFolder.made(tmp_path) as folder:
        with folder.listen(ended):  # of a container, say, with process ids of its own
            folder.remove_dead()
            assert folder.pids() == [ended]
        with folder.listen(os.getpid()):
            folder.remove_dead()
            assert folder.pids() == [os.getpid()]


def test_who_lives_is_left_alone(tmp_path):
    with SocketFolder.made(tmp_path) as folder:
        folder.listen(os.getpid()).close()  # or does not listen yet
        folder.remove_dead()
        assert folder.pids() == [os.getpid()]


def test_the_socket_of_a_predecessor_with_the_same_id_is_replaced(tmp_path):
    with SocketFolder.made(tmp_path) as folder:
        folder.listen(7).close()
        with folder.listen(7):
            folder.connect(7, seconds=1).close()


def test_other_files_are_passed_over(tmp_path):
    for name in ("notes.txt", "x.sock", "12"):
        (tmp_path / name).touch()
    with SocketFolder.made(tmp_path) as folder:
        assert folder.pids() == []


def test_nobody_there_is_an_error_in_time(tmp_path):
    with SocketFolder.made(tmp_path) as folder, pytest.raises(FileNotFoundError):
        folder.connect(7, seconds=1)
