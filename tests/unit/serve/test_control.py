"""Commands over a control socket; the folder of the sockets: however deep, for its owner alone."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.serve.control import MAX_LINE_BYTES, ControlServer, SocketFolder, ask_all, short_address

SECONDS = 10.0
LONGEST = 107  # bytes that Linux takes in the address of a socket


def echo(request: dict[str, Any]) -> dict[str, Any]:
    return {"heard": request.get("words")}


def refuse(request: dict[str, Any]) -> dict[str, Any]:
    raise InvalidInput("words", "not these")


def break_down(request: dict[str, Any]) -> dict[str, Any]:
    raise OSError("the disk is full")


def mumble(request: dict[str, Any]) -> dict[str, Any]:
    return {"answer": object()}


COMMANDS = {"echo": echo, "refuse": refuse, "break down": break_down, "mumble": mumble}
BROKEN = {"error": "The command failed; the worker's log says how."}


@pytest.fixture
def folder(tmp_path) -> Iterator[Path]:
    """Give the folder of a worker that listens."""
    server = ControlServer(tmp_path / "run" / "8000", COMMANDS, patience_seconds=0.2)
    server.start()
    yield tmp_path / "run" / "8000"
    server.stop()


def only(answers: dict[int, dict[str, Any]]) -> dict[str, Any]:
    assert list(answers) == [os.getpid()]
    return answers[os.getpid()]


def say(folder: Path, *, line: bytes) -> bytes:
    """Return all that a worker answers to bytes."""
    with SocketFolder(folder) as workers, workers.connect(os.getpid(), seconds=SECONDS) as worker:
        worker.sendall(line)
        return b"".join(iter(lambda: worker.recv(65536), b""))


def test_a_command_hears_its_request_and_is_answered(folder):
    for words in ("two\nlines", "茶", {"a": [1, None]}):
        assert only(ask_all(folder, "echo", words=words)) == {"heard": words}


def test_an_answer_is_one_line(folder):
    answer = say(folder, line=b'{"command": "echo", "words": "two\\nlines"}\n')
    assert answer.endswith(b"\n") and answer.count(b"\n") == 1
    assert json.loads(answer) == {"heard": "two\nlines"}


def test_an_unknown_command_is_told_the_known_ones(folder):
    error = only(ask_all(folder, "dance"))["error"]
    assert error == "There is no command 'dance'. There are: break down, echo, mumble, refuse."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello\n", "The line is no JSON."),
        (b"\xff\n", "The line is no JSON."),
        (b"[1]\n", "The line is no JSON object."),
        (b"{}\n", "There is no command None."),
        (b'{"command": ["echo"]}\n', "There is no command ['echo']."),
    ],
)
def test_nonsense_is_answered_in_words(folder, line, words):
    assert json.loads(say(folder, line=line))["error"].startswith(words)
    assert only(ask_all(folder, "echo")) == {"heard": None}


def test_a_line_without_end_is_refused(folder):
    with SocketFolder(folder) as workers, workers.connect(os.getpid(), seconds=SECONDS) as worker:
        worker.sendall(b"x" * (MAX_LINE_BYTES + 1))
        assert json.loads(worker.recv(1000))["error"].startswith("The line is longer than")
    assert only(ask_all(folder, "echo")) == {"heard": None}


def test_a_client_that_says_nothing_is_dropped(folder):
    assert say(folder, line=b"") == b""
    assert say(folder, line=b'{"command": ') == b""
    assert only(ask_all(folder, "echo")) == {"heard": None}


def test_a_client_that_hangs_up_harms_nobody(folder):
    with SocketFolder(folder) as workers:
        for line in (b"", b'{"command"', b'{"command": "echo"}\n'):
            with workers.connect(os.getpid(), seconds=SECONDS) as worker:
                worker.sendall(line)
    assert only(ask_all(folder, "echo")) == {"heard": None}


def test_a_refusal_comes_in_its_own_words(folder):
    assert only(ask_all(folder, "refuse")) == {"error": "words: not these"}


@pytest.mark.parametrize("command", ["break down", "mumble"])
def test_a_failure_is_answered_and_logged(folder, command, every_log):
    assert only(ask_all(folder, command)) == BROKEN
    assert [(log["event"], log["command"]) for log in every_log] == [
        ("control command failed", command)
    ]
    assert only(ask_all(folder, "echo")) == {"heard": None}


def test_a_worker_that_does_not_answer_in_time_is_answered_for(tmp_path):
    go_on = Event()
    server = ControlServer(tmp_path, {"wait": lambda _: {"done": go_on.wait(SECONDS)}})
    server.start()
    assert "within 0.1 seconds" in only(ask_all(tmp_path, "wait", seconds=0.1))["error"]
    go_on.set()
    assert only(ask_all(tmp_path, "wait")) == {"done": True}
    server.stop()


def test_a_worker_that_ends_instead_of_answering_is_answered_for(tmp_path):
    with SocketFolder.made(tmp_path) as workers, workers.listen(os.getpid()) as listener:
        ending = Thread(target=lambda: listener.accept()[0].close())
        ending.start()
        assert only(ask_all(tmp_path, "echo"))["error"].startswith("It has not answered: ")
        ending.join()
    assert ask_all(tmp_path, "echo") == {}


def test_nobody_is_there_before_and_after(tmp_path):
    folder = tmp_path / "run"
    assert ask_all(folder, "echo") == {}
    server = ControlServer(folder, COMMANDS)
    server.start()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    server.stop()
    server.stop()
    assert list(folder.iterdir()) == []
    assert ask_all(folder, "echo") == {}


def test_what_a_dead_worker_left_is_removed_by_the_next_one(tmp_path):
    dead = 2**22 + 1  # above what Linux gives out
    with SocketFolder.made(tmp_path) as workers:
        workers.listen(dead).close()
    server = ControlServer(tmp_path, COMMANDS)
    server.start()
    assert [path.name for path in tmp_path.iterdir()] == [f"{os.getpid()}.sock"]
    server.stop()


def test_what_a_dead_worker_left_is_removed_by_whoever_asks(tmp_path):
    with SocketFolder.made(tmp_path) as workers:
        workers.listen(2**22 + 1).close()
    assert ask_all(tmp_path, "echo") == {}
    assert list(tmp_path.iterdir()) == []


def test_a_socket_that_cannot_be_made_is_logged_and_not_fatal(tmp_path, every_log):
    (tmp_path / "run").touch()
    server = ControlServer(tmp_path / "run" / "8000", COMMANDS)
    server.start()
    server.stop()
    assert [log["event"] for log in every_log] == ["no control socket"]


def test_a_silent_client_holds_up_others_for_a_moment_only(folder):
    with SocketFolder(folder) as workers, workers.connect(os.getpid(), seconds=SECONDS):
        assert only(ask_all(folder, "echo")) == {"heard": None}


def test_it_speaks_to_any_program(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(f"{os.getpid()}.sock")
        plain.sendall(b'{"command": "echo", "words": 1}\n')
        assert plain.recv(100) == b'{"heard":1}\n'


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
