"""Who was erased, as a file: a line of JSON each, {"erased": digest, "at": time}.

The first line is {"salt": ...}. A digest is HMAC-SHA256 of the subject's name under that salt: who
has the file alone can test a name, and read none. Every process of a machine appends to one file.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson
import structlog

from app.domain.deletions import Erasure, Listed
from app.domain.errors import ErasuresUnusable
from app.domain.ports import ErasureList

log = structlog.get_logger(__name__)

_SALT_BYTES = 32


class ErasureFile(ErasureList):
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        return str(self._path)

    def digest(self, subject: str) -> str:
        with self._opened() as file:
            file.seek(0)
            return _hmac(self._salt(file.readline()), subject)

    def append(self, erasure: Erasure) -> None:
        line = orjson.dumps({"erased": erasure.digest, "at": erasure.at}, option=orjson.OPT_UTC_Z)
        with self._opened() as file:
            if not _ends_with_a_line(file):  # written by one that was killed, or on a full disk
                line = b"\n" + line
            _write(file, line + b"\n")

    def read(self) -> Listed | None:
        found: dict[str, datetime] = {}
        if not self._path.exists():
            return None
        with self._opened() as file:
            file.seek(0)
            salt = self._salt(file.readline())
            for line in file:
                erasure = _erasure(line)
                if erasure is None:
                    log.warning("erasure not understood", path=self.place)
                    continue
                found[erasure.digest] = max(erasure.at, found.get(erasure.digest, erasure.at))
        return Listed(found, partial(_hmac, salt))

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._explained():
            lock = _private(str(self._path.with_suffix(".lock")), os.O_WRONLY | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel, however this process ends
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Open the file, with its salt, while no other process writes."""
        with self._explained(), open(self._path, "a+b", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not file.seek(0, os.SEEK_END):
                _write(file, orjson.dumps({"salt": secrets.token_hex(_SALT_BYTES)}) + b"\n")
                _sync_folder(self._path.parent)
            yield file

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            reason = error.strerror or error
            raise ErasuresUnusable(f"{self._path} cannot be used: {reason}.") from error

    def _salt(self, line: bytes) -> bytes:
        try:
            return bytes.fromhex(orjson.loads(line)["salt"])
        except (ValueError, KeyError, TypeError) as error:
            raise ErasuresUnusable(f"{self._path} does not begin with its salt.") from error


def _hmac(salt: bytes, subject: str) -> str:
    return hmac.new(salt, subject.encode(), hashlib.sha256).hexdigest()


def _erasure(line: bytes) -> Erasure | None:
    try:
        row: Any = orjson.loads(line)
        return Erasure(str(row["erased"]), datetime.fromisoformat(row["at"]))
    except (ValueError, KeyError, TypeError):
        return None


def _ends_with_a_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
