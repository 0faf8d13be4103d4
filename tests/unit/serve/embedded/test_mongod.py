"""The small parts of the embedded MongoDB: words, records, command lines."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.serve.embedded.mongo import Files, Record, complaints
from app.serve.embedded.mongod import (
    HOST,
    NoMongod,
    advice,
    arguments,
    choose_port,
    command_line,
    does_not_run,
    is_free,
    is_ours,
    version_of,
    words_of,
)


@pytest.mark.parametrize(
    ("system", "machine", "word"),
    [
        ("Darwin", "arm64", "brew install mongodb-community"),
        ("Linux", "x86_64", "requirements.txt"),
        ("Linux", "aarch64", "MongoDB's own package"),
        ("Windows", "AMD64", "Community Server"),
    ],
)
def test_advice_fits_the_machine_and_names_the_other_way(system, machine, word):
    words = advice(system, machine)
    assert word in words
    assert "MONGO_URI" in words


def test_a_missing_library_is_named():
    complaint = "error while loading shared libraries: libcurl.so.4: cannot open"
    assert "apt install libcurl4" in does_not_run(Path("/x/mongod"), complaint)


def test_a_program_that_does_not_run_is_no_mongod(tmp_path):
    with pytest.raises(NoMongod, match="does not run here"):
        version_of(tmp_path / "mongod")


def test_a_record_survives_and_a_damaged_one_is_empty(tmp_path):
    files = Files(tmp_path)
    assert files.read() == Record()
    files.write(Record(port=27100, pid=7))
    assert files.read() == Record(port=27100, pid=7)
    (tmp_path / "mongod.json").write_text('{"port": 1, ')
    assert files.read() == Record()


def test_another_program_with_the_recorded_pid_is_not_ours(tmp_path):
    files = Files(tmp_path)
    command = [sys.executable, "-c", "print('up', flush=True); import sys; sys.stdin.read()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        files.write(Record(port=27100, pid=other.pid))
        assert command_line(other.pid) is not None
        assert not is_ours(other.pid, files.dbpath)
        assert files.running() is None


def test_a_command_line_from_ps_reads_like_one_from_the_kernel():
    given = ["/opt/mongod", *arguments(Path("/my data/mongodb"), Path("/my data/log"), 27100)]
    assert words_of(" ".join(given) + "\n") == given
    assert words_of("") is None


def test_a_busy_port_is_passed_over():
    with socket.create_server((HOST, 0)) as server:
        busy = server.getsockname()[1]
        assert not is_free(busy)
        assert choose_port(busy, patience=0) != busy


def test_the_preferred_port_is_kept_while_free():
    port = choose_port(None)
    assert choose_port(port) == port


def test_complaints_are_errors_and_lines_that_are_not_json():
    lines = [
        '{"s": "I", "msg": "all is well"}',
        '{"s": "E", "msg": "disk full", "attr": {"code": 28}}',
        "error while loading shared libraries",
    ]
    assert complaints(lines) == ['disk full {"code": 28}', "error while loading shared libraries"]


def test_a_long_log_is_set_aside(tmp_path):
    files = Files(tmp_path)
    files.log.write_bytes(b"x")
    files.trim_log()
    assert files.log.exists()
    with files.log.open("wb") as log:
        log.truncate(17 * 1024 * 1024)
    files.trim_log()
    assert not files.log.exists()
    assert (tmp_path / "mongod.log.old").exists()
