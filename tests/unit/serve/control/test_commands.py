"""Commands over a control socket: a line of JSON each way."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.serve.control import ControlServer, ask_all
from app.serve.control.folder import SocketFolder
from app.serve.control.wire import MAX_LINE_BYTES

SECONDS = 10.0


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
