"""Flask commands in processes of their own: one at a time, none after the end."""

import signal

import pytest

from app.bootstrap.flask_process import FlaskProcess
from config import Settings


@pytest.fixture
def flask(tmp_path):
    process = FlaskProcess(Settings(data_dir=tmp_path))
    yield process
    process.stop()


def test_a_command_ends_with_its_status(flask):
    assert flask.run("--version") == 0
    assert flask.run("no-such-command") == 2


def test_one_runs_at_a_time_and_its_status_is_taken_once(flask):
    first = flask.begin("no-such-command")
    assert flask.begin("--version") is None
    first.wait()
    assert flask.begin("--version") is None, "how the first ended has not been asked yet"
    assert (flask.take_status(), flask.take_status()) == (2, None)
    assert flask.run("--version") == 0


def test_the_end_ends_what_is_at_work_and_lets_none_begin(flask):
    serving = flask.begin("run", "--port", "0")
    assert flask.take_status() is None
    flask.stop()
    assert serving.returncode == -signal.SIGTERM
    assert flask.begin("--version") is None
    assert flask.run("--version") is None
