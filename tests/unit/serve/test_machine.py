"""The small parts of the supervisor."""

import socket

import pytest

from app.serve.machine import (
    Backoff,
    CannotServe,
    describe,
    environment,
    port_problem,
    reachable,
    wait_for_port,
)
from config import Settings


def test_restarts_wait_longer_each_time_until_a_calm_minute():
    now = [0.0]
    backoff = Backoff(clock=lambda: now[0])
    waits = []
    for _ in range(12):
        waits.append(backoff.next_wait())
        now[0] += waits[-1]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 30.0
    now[0] += 61
    assert backoff.next_wait() == 0.1


def test_children_get_one_thread_an_absolute_folder_and_the_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_dir=".data")
    told = environment(settings, {"PATH": "/bin", "OMP_NUM_THREADS": "8"}, "mongodb://here")
    assert told["OMP_NUM_THREADS"] == "1"
    assert told["DATA_DIR"] == str(tmp_path / ".data")
    assert told["NUMBA_CACHE_DIR"] == str(tmp_path / ".data" / "numba")
    assert told["MONGO_URI"] == "mongodb://here"
    assert told["PATH"] == "/bin"


def test_children_keep_what_was_given(tmp_path):
    given = {"NUMBA_CACHE_DIR": "/cache", "MONGO_URI": "mongodb://elsewhere"}
    told = environment(Settings(data_dir=tmp_path), given, None)
    assert told["NUMBA_CACHE_DIR"] == "/cache"
    assert told["MONGO_URI"] == "mongodb://elsewhere"


def test_a_busy_port_is_an_error_that_names_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CannotServe, match=f"PORT={port + 1}"):
            wait_for_port("127.0.0.1", port, seconds=0)
    assert port_problem("127.0.0.1", port) is None


def test_a_service_on_every_address_is_reached_at_home():
    assert reachable("0.0.0.0") == "127.0.0.1"
    assert reachable("10.0.0.5") == "10.0.0.5"


def test_an_exit_is_put_into_words():
    assert describe(-9) == "killed by SIGKILL"
    assert describe(3) == "exit code 3"
