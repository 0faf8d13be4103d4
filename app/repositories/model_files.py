"""Copies of learned models as files that processes map copy-on-write."""

import fcntl
import mmap
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import structlog

from app.domain.models import ModelFile, ModelRecord, ModelRejected
from app.domain.ports import Contents, ModelCopies
from app.repositories.array_files import BadFile, Layout

log = structlog.get_logger(__name__)

_LAYOUT = Layout(b"SHELFWISE MODEL 1\n")
_ABANDONED_SECONDS = 6 * 3600.0
"""After so long what was begun belongs to a process that was killed."""


class ModelFiles(ModelCopies):
    """Files in one folder that only its owner may read.

    Several databases may share the folder: `installation` gives the name of this one.
    """

    def __init__(self, folder: Path, *, installation: Callable[[], str]) -> None:
        self._folder = folder
        self._installation = installation

    def path(self, record: ModelRecord) -> Path:
        name = f"{self._installation()}-{record.kind}-{record.version}-{record.checksum}.model"
        return self._folder / name

    @contextmanager
    def written(self, kind: str, contents: Contents) -> Iterator[ModelFile]:
        with self._begun() as path:
            with open(path, "wb", opener=_private) as file:
                checksum = _LAYOUT.write(file, {"kind": kind}, contents)
            yield ModelFile(path, path.stat().st_size, checksum)

    def adopt(self, file: ModelFile, record: ModelRecord) -> None:
        file.path.replace(self.path(record))

    def read(self, record: ModelRecord, fetch: Callable[[IO[bytes]], None]) -> Contents:
        path = self.path(record)
        with self._alone():  # of the processes that look for it one fetches it
            if (found := self._usable(path, record)) is not None:
                return found
            with self._begun() as begun:
                with open(begun, "wb", opener=_private) as file:
                    fetch(file)
                try:
                    found = _mapped(begun, record)
                except BadFile as error:
                    raise ModelRejected(f"The stored {record.name} is bad: {error}.") from error
                begun.replace(path)
        return found

    def keep(self, records: Iterable[ModelRecord]) -> None:
        kept = {self.path(record) for record in records}
        for path in self._folder.glob(f"{self._installation()}-*.model"):
            if path not in kept:
                path.unlink(missing_ok=True)
        for path in self._folder.glob(".begun-*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink()

    def _usable(self, path: Path, record: ModelRecord) -> Contents | None:
        try:
            return _mapped(path, record)
        except FileNotFoundError:
            return None
        except BadFile as error:
            log.warning("copy of a model fetched again", model=record.name, reason=str(error))
            return None

    @contextmanager
    def _begun(self) -> Iterator[Path]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f".begun-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._folder / ".lock", "wb", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # let go by the kernel, however this process ends
            yield


def _mapped(path: Path, record: ModelRecord) -> Contents:
    with path.open("rb") as file:
        contents = _LAYOUT.read_header(file)
        if contents.checksum != record.checksum:
            raise BadFile("it is another model")
        contents.check_length(os.fstat(file.fileno()).st_size)
        return contents.arrays(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
