"""A service that cannot work as it is configured does not start, and says what to do."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.serve.embedded.mongod import find_mongod, wait_until_listening
from tests.integration.client import HOST
from tests.integration.service import GUNICORN, SUPERVISED, Service, free_port

BOTH = (SUPERVISED, GUNICORN)


@pytest.fixture(scope="module")
def lone_mongod(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a MongoDB that is no replica set."""
    folder, port = tmp_path_factory.mktemp("lone"), free_port()
    command = [find_mongod(), "--dbpath", folder, "--port", str(port), "--bind_ip", HOST]
    quiet = ["--quiet", "--nounixsocket", "--logpath", folder / "log"]
    with subprocess.Popen([*command, *quiet], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_listening(port, lambda: process.poll() is None, 60)
            yield f"mongodb://{HOST}:{port}/"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def refusal(folder: Path, command: tuple[str, ...], **settings: object) -> str:
    """Return what a service says that does not start."""
    refused = Service(folder / "data", command=command, **settings)
    try:
        code = refused.launch().process.wait(120)
        assert refused.processes() == set()
    finally:
        refused.end()
    assert code not in {0, None}
    assert "Traceback" not in refused.output
    return refused.output


@pytest.mark.parametrize("command", BOTH)
def test_a_mongodb_without_a_replica_set(lone_mongod, tmp_path, command):
    said = refusal(tmp_path, command, mongo_uri=lone_mongod)
    assert "is not a replica set" in said
    assert "mongosh --eval 'rs.initiate()'" in said


@pytest.mark.parametrize("command", BOTH)
def test_no_secret_in_production(mongo_uri, tmp_path, command):
    said = refusal(tmp_path, command, mongo_uri=mongo_uri, environment="production")
    assert "SECRET_KEY is not set" in said
    assert "openssl rand -hex 32" in said
    assert not (tmp_path / "data" / "secret_key").exists()


def test_a_short_secret(mongo_uri, tmp_path):
    said = refusal(tmp_path, GUNICORN, mongo_uri=mongo_uri, secret_key="short")
    assert "at least 32 characters" in said


def test_a_setting_that_is_no_number(linux_with_mongod, tmp_path):
    said = refusal(tmp_path, SUPERVISED, workers="many")
    assert "workers" in said.lower()
    assert "integer" in said
