"""flask memory: a table over the workers of one service."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import Result

from app.domain.errors import Misconfigured
from app.factory import create_app
from app.serve.control import ControlServer
from config import Settings

MIB = 1024 * 1024
WORKER = {
    "pid": os.getpid(),
    "resident": 300 * MIB,
    "proportional": 1234 * MIB + MIB // 2,
    "private": 150 * MIB,
    "tables": 19 * MIB,
    "ratings": 1000209,
    "users": 6040,
    "items": 3883,
}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path, port=8123, log_level="error")


@pytest.fixture
def worker(settings) -> Iterator[Callable[..., None]]:
    """Give a way to run a worker that answers so."""
    with ExitStack() as stack:

        def run(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
            server = ControlServer(settings.run_dir, {"memory": answer})
            server.start()
            stack.callback(server.stop)

        yield run


def run(settings: Settings, *words: str) -> Result:
    return create_app(settings).test_cli_runner().invoke(args=["memory", *words])


def test_a_line_a_worker_and_the_total(settings, worker):
    worker(lambda _: WORKER)
    result = run(settings)
    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.output.splitlines()] == [
        ["pid", "resident", "proportional", "private", "tables", "ratings", "users", "items"],
        [str(os.getpid()), "300.0", "1,234.5", "150.0", "19.0", "1,000,209", "6,040", "3,883"],
        ["total", "1,234.5"],
    ]
    ends = [line.index("1,234.5") for line in result.output.splitlines()[1:]]
    assert ends[0] == ends[1]


def test_json_is_in_bytes(settings, worker):
    worker(lambda _: WORKER)
    found = json.loads(run(settings, "--json").output)
    assert found == {"workers": [WORKER], "total_proportional": WORKER["proportional"]}


def test_what_the_platform_does_not_say_is_unknown(settings, worker):
    worker(lambda _: WORKER | {"resident": None, "proportional": None, "private": None})
    rows = [line.split() for line in run(settings).output.splitlines()]
    assert rows[1][1:5] == ["unknown", "unknown", "unknown", "19.0"]
    assert rows[2] == ["total", "unknown"]
    assert json.loads(run(settings, "--json").output)["total_proportional"] is None


def test_no_worker_is_said_in_words(settings, worker):
    worker(lambda _: WORKER)
    other = settings.model_copy(update={"port": 8124})
    result = run(other)
    assert result.exit_code == 1
    assert result.output == (
        f"Error: No worker of this service runs: nobody listens in {other.run_dir}. "
        "Is it running, and are DATA_DIR and PORT those of the service?\n"
    )
    assert not other.run_dir.exists()


def test_a_worker_that_cannot_say_is_named(settings, worker):
    def fail(_: dict[str, Any]) -> dict[str, Any]:
        raise Misconfigured("Not today.")

    worker(fail)
    result = run(settings)
    assert result.exit_code == 1
    assert f"Worker {os.getpid()}: Not today." in result.output


def test_a_folder_that_is_none_is_said_in_words(settings):
    settings.run_dir.parent.mkdir(parents=True)
    settings.run_dir.touch()
    result = run(settings)
    assert result.exit_code == 1
    assert result.output == f"Error: {settings.run_dir} cannot be read: Not a directory.\n"


def test_the_help_says_what_the_columns_mean(settings):
    text = run(settings, "--help").output
    for word in ("resident", "proportional", "private", "tables", "DATA_DIR", "PORT", "--json"):
        assert word in text
