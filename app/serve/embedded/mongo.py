"""A mongod shared by all who use one data directory: the first starts it, the last stops it."""

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from app.serve.embedded.mongod import (
    HOST,
    REPLICA_SET,
    EmbeddedMongoError,
    Mongod,
    MongodFailed,
    choose_port,
    find_mongod,
    is_ours,
    launch,
    port_of,
    terminate,
    version_of,
    wait_until_listening,
)

LOG_LIMIT_BYTES = 16 * 1024 * 1024
START_SECONDS = 120.0  # a journal left by a crash is replayed before mongod listens
ATTEMPTS = 5

Prepare = Callable[[str, int], None]


@dataclass(frozen=True)
class Record:
    """What `mongod.json` says: the port is kept for ever, the pid only while mongod runs."""

    port: int | None = None
    pid: int | None = None
    stopping: bool = False


@dataclass(frozen=True)
class Files:
    """The paths of one data directory, and what is read from and written to them."""

    folder: Path

    @property
    def dbpath(self) -> Path:
        return self.folder / "mongodb"

    @property
    def log(self) -> Path:
        return self.folder / "mongod.log"

    @property
    def _record(self) -> Path:
        return self.folder / "mongod.json"

    def prepare(self) -> None:
        """Make the folders; others on this machine have no business in the data."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.dbpath.mkdir(mode=0o700, exist_ok=True)

    def read(self) -> Record:
        """Return the record; an empty one if there is none or it is damaged."""
        try:
            return Record(**json.loads(self._record.read_text()))
        except (OSError, ValueError, TypeError):
            return Record()

    def write(self, record: Record) -> None:
        """Replace the record in one step: a reader sees the old one or the new one."""
        fresh = self._record.with_suffix(".json.new")
        fresh.write_text(json.dumps(asdict(record)))
        os.replace(fresh, self._record)

    def running(self) -> Mongod | None:
        """Return the live mongod of this directory, whoever started it."""
        # mongod's own lock file helps where its starter was killed before it wrote the record.
        for pid in (self.read().pid, self._locked_by()):
            if pid is not None and is_ours(pid, self.dbpath):
                port = port_of(pid, self.dbpath)
                return None if port is None else Mongod(pid, port)
        return None

    def _locked_by(self) -> int | None:
        try:
            return int((self.dbpath / "mongod.lock").read_text())
        except (OSError, ValueError):
            return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the guard under which mongod is started, adopted and stopped."""
        with self._open("mongod.guard") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def join(self) -> IO[bytes]:
        """Become a user; closing the file (or dying) ends it."""
        users = self._open("mongod.users")
        fcntl.flock(users, fcntl.LOCK_SH)
        return users

    def is_last(self, users: IO[bytes]) -> bool:
        """Tell whether nobody else is a user; ask only under the guard."""
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _open(self, name: str) -> IO[bytes]:
        return (self.folder / name).open("ab")  # not inherited by programs: close-on-exec

    def trim_log(self) -> None:
        """Set a long log aside, so that two files are all there ever is."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT_BYTES:
                self.log.replace(self.log.with_suffix(".log.old"))

    def log_since(self, position: int) -> str:
        """Return what mongod complained about since a position, else its last lines."""
        try:
            with self.log.open("rb") as log:
                log.seek(position)
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join(complaints(lines)[-8:] or lines[-8:]) or "(the log says nothing)"

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


def complaints(lines: list[str]) -> list[str]:
    """Pick the errors from mongod's JSON log, and every line that is not JSON, cut to size."""
    picked = []
    for line in lines:
        with suppress(ValueError, AttributeError):
            entry = json.loads(line)
            if entry.get("s") not in {"E", "F"}:
                continue
            line = f"{entry.get('msg', '')} {json.dumps(entry.get('attr', {}))}"
        picked.append(line[:600])
    return picked


class _Ended(MongodFailed):
    """The process is gone, so that starting one again is safe."""


class EmbeddedMongo:
    """A user's hold on the mongod of a data directory; use it as a context manager.

    `prepare(host, port)` makes the one-node replica set usable; it is called after every start
    and every adoption. A user that is killed holds nothing: the next one adopts what it left.
    """

    def __init__(self, data_dir: Path, *, prepare: Prepare) -> None:
        self._files = Files(Path(data_dir).resolve())
        self._prepare = prepare
        self._users: IO[bytes] | None = None
        self._mongod: Mongod | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._files.prepare()
            with self._files.alone():
                self._users = self._files.join()
                self._mongod = self._adopt_or_start()
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise MongodFailed(f"{self._files.folder} cannot be used: {error}") from error
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave; whoever leaves last stops mongod. Closing twice does no harm."""
        if self._users is None:
            return
        with self._files.alone(), self._users:
            if self._files.is_last(self._users):
                self._stop()
        self._let_go()
        self._users = self._mongod = None

    @property
    def uri(self) -> str:
        """Return the address for a driver; it changes only if another program takes the port."""
        return uri_of(self._current)

    @property
    def pid(self) -> int:
        return self._current.pid

    @property
    def _current(self) -> Mongod:
        if self._mongod is None:
            raise EmbeddedMongoError("the embedded MongoDB is not open")
        return self._mongod

    def ensure_running(self) -> bool:
        """Start mongod again if it has died; return True if it had to be started or found anew."""
        if is_ours(self._current.pid, self._files.dbpath):
            return False
        with self._files.alone():
            self._mongod = self._adopt_or_start()
        return True

    def _is_alive(self, mongod: Mongod) -> bool:
        # A child is asked directly: for a moment after its start it shows no command line yet.
        if self._child is not None and self._child.pid == mongod.pid:
            return self._child.poll() is None
        return is_ours(mongod.pid, self._files.dbpath)

    def _adopt_or_start(self) -> Mongod:
        """Try again where mongod ended at once.

        That helps where another program took the port between our look and mongod's start, where
        the one adopted was just ending, or where a killed one has not let go of its files yet.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._bring_up()
            except _Ended:
                time.sleep(0.2 * attempt)
        return self._bring_up()

    def _bring_up(self) -> Mongod:
        position = self._files.log_size()
        mongod = self._adopt() or self._start()
        try:
            wait_until_listening(mongod.port, lambda: self._is_alive(mongod), START_SECONDS)
            self._prepare(HOST, mongod.port)
        except Exception as error:
            said = f"{error}. {self._files.log} says:\n{self._files.log_since(position)}"
            raise (MongodFailed if self._is_alive(mongod) else _Ended)(said) from error
        return mongod

    def _adopt(self) -> Mongod | None:
        found = self._files.running()
        if found is not None and self._files.read().stopping:
            terminate(found, self._files.dbpath)  # its stopper was killed half way
            found = None
        if found is not None:
            self._files.write(Record(port=found.port, pid=found.pid))
        return found

    def _start(self) -> Mongod:
        program = find_mongod()
        version_of(program)  # tells clearly where a library is missing
        self._files.trim_log()
        port = choose_port(self._files.read().port)
        self._let_go()
        self._child = launch(program, self._files.dbpath, self._files.log, port)
        self._files.write(Record(port=port, pid=self._child.pid))
        return Mongod(self._child.pid, port)

    def _let_go(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.returncode = 0  # it outlives us, for its other users: Popen must not mind
        self._child = None

    def _stop(self) -> None:
        found = self._files.running()
        if found is None:
            return
        with suppress(OSError):  # a full disk must not keep mongod from being stopped
            self._files.write(Record(port=found.port, pid=found.pid, stopping=True))
        terminate(found, self._files.dbpath)
        with suppress(OSError):
            self._files.write(Record(port=found.port))


def uri_of(mongod: Mongod) -> str:
    """Return the address of a mongod for a driver.

    It names the replica set and no direct connection: after a restart the driver then waits for
    the election instead of writing to a node that is not primary yet.
    """
    return f"mongodb://{HOST}:{mongod.port}/?replicaSet={REPLICA_SET}"


def running_uri(data_dir: Path) -> str | None:
    """Return the address of the mongod that runs in a data directory, without becoming a user."""
    found = Files(Path(data_dir).resolve()).running()
    return None if found is None else uri_of(found)
