"""The embedded MongoDB: started once, shared, adopted, revived, stopped by the last."""

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo, MongodFailed, NoMongod, running_uri
from app.serve.embedded.mongod import HOST, find_mongod, is_ours, wait_until

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from app.serve.embedded import EmbeddedMongo
from app.repositories.replica_set import initiate
with EmbeddedMongo(Path(sys.argv[1]), prepare=initiate) as mongo:
    print(mongo.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def needs_mongod() -> None:
    try:
        find_mongod()
    except NoMongod as error:
        pytest.skip(str(error))


def opened(data_dir: Path) -> EmbeddedMongo:
    return EmbeddedMongo(data_dir, prepare=initiate)


@contextmanager
def holder(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that uses the data directory until its input is closed."""
    command = [sys.executable, "-c", HOLDER, str(data_dir)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


class _Server(socketserver.TCPServer):
    allow_reuse_address = True


@contextmanager
def foreign_program(port: int) -> Iterator[None]:
    """Occupy a port with something that hangs up on every caller."""
    with _Server((HOST, port), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def pid_seen_by(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def write(uri: str, key: str) -> None:
    with MongoClient(uri) as client:
        notes = client.shop.get_collection("notes", write_concern=WriteConcern("majority"))
        notes.insert_one({"_id": key})


def written(uri: str) -> set[str]:
    with MongoClient(uri) as client:
        return {note["_id"] for note in client.shop.notes.find()}


def test_data_and_address_outlive_a_stop(tmp_path):
    with opened(tmp_path) as mongo:
        first = mongo.uri
        write(first, "tea")
        assert running_uri(tmp_path) == first
    assert running_uri(tmp_path) is None

    with opened(tmp_path) as mongo:
        assert mongo.uri == first
        assert written(mongo.uri) == {"tea"}


def test_gives_change_streams_and_transactions(tmp_path):
    with opened(tmp_path) as mongo, MongoClient(mongo.uri) as client:
        client.shop.create_collection("notes")
        with client.shop.notes.watch() as changes, client.start_session() as session:
            with session.start_transaction():
                client.shop.notes.insert_one({"_id": "tea"}, session=session)
            assert next(changes)["documentKey"] == {"_id": "tea"}


def test_the_last_user_stops_it(tmp_path):
    with holder(tmp_path) as other:
        pid = pid_seen_by(other)
        with opened(tmp_path) as mongo:
            assert mongo.pid == pid
        assert is_ours(pid, tmp_path / "mongodb")
    assert not is_ours(pid, tmp_path / "mongodb")


def test_one_left_by_a_killed_user_is_adopted(tmp_path):
    with holder(tmp_path) as other:
        pid = pid_seen_by(other)
        other.kill()
    with opened(tmp_path) as mongo:
        assert mongo.pid == pid
    assert not is_ours(pid, tmp_path / "mongodb")


def test_one_whose_record_is_lost_is_adopted(tmp_path):
    with holder(tmp_path) as other:
        pid = pid_seen_by(other)
        other.kill()
    (tmp_path / "mongod.json").unlink()
    with opened(tmp_path) as mongo:
        assert mongo.pid == pid


def test_two_at_once_start_one(tmp_path):
    with holder(tmp_path) as one, holder(tmp_path) as two, holder(tmp_path) as three:
        pids = {pid_seen_by(process) for process in (one, two, three)}
    assert len(pids) == 1
    assert running_uri(tmp_path) is None


def test_a_dead_one_is_revived_with_every_acknowledged_write(tmp_path):
    with opened(tmp_path) as mongo:
        keys = {f"note {n}" for n in range(20)}
        for key in keys:
            write(mongo.uri, key)
        before = mongo.uri
        os.kill(mongo.pid, signal.SIGKILL)
        wait_until(lambda: not is_ours(mongo.pid, tmp_path / "mongodb"), 5)

        assert mongo.ensure_running()
        assert mongo.uri == before
        assert written(mongo.uri) == keys
        assert not mongo.ensure_running()


def test_every_user_finds_the_revived_one(tmp_path):
    with opened(tmp_path) as one, opened(tmp_path) as two:
        os.kill(one.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not one.ensure_running():
            assert time.monotonic() < deadline
        assert two.ensure_running()
        assert two.pid == one.pid


def test_moves_when_another_program_has_its_port(tmp_path):
    with opened(tmp_path) as mongo:
        before = mongo.uri
        write(before, "tea")
    port = int(before.split(":")[2].split("/")[0])

    with foreign_program(port), opened(tmp_path) as mongo:
        assert mongo.uri != before
        assert written(mongo.uri) == {"tea"}
        write(mongo.uri, "milk")


def test_says_why_it_cannot_start(tmp_path):
    folder = tmp_path / "mongodb"
    folder.mkdir()
    (folder / "storage.bson").write_bytes(b"not what mongod wrote")
    with pytest.raises(MongodFailed, match="storage engine metadata"):
        opened(tmp_path).__enter__()


def test_says_why_a_folder_cannot_be_used(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(MongodFailed, match="cannot be used"):
        opened(tmp_path / "data").__enter__()
