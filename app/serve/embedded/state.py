"""The files through which users of one embedded mongod find each other."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from app.serve.embedded import process
from app.serve.embedded.process import Mongod

LOG_LIMIT_BYTES = 16 * 1024 * 1024


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
        """Return the folder of MongoDB's own files."""
        return self.folder / "mongodb"

    @property
    def log(self) -> Path:
        """Return mongod's log file."""
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
            if pid is not None and process.is_ours(pid, self.dbpath):
                port = process.port_of(pid, self.dbpath)
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
        """Return where the log ends now."""
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
