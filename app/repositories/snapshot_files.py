"""Snapshots as files that processes map copy-on-write; `snapshot_format` says what is in one."""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from app.domain.changes import Position
from app.domain.ports import SnapshotStore
from app.domain.snapshots import Snapshot, SnapshotHeader, SnapshotRejected
from app.repositories import array_files
from app.repositories.array_files import BadFile, Layout, Parts

__all__ = ["Contents", "Parts", "read_header", "write"]

_LAYOUT = Layout(b"SHELFWISE SNAPSHOT 1\n", room=lambda rows: rows // 4 + 1024)


@dataclass(frozen=True, slots=True)
class Contents:
    """The header of a file, and where its arrays lie."""

    header: SnapshotHeader
    _file: array_files.Contents

    def check_length(self, size: int) -> None:
        try:
            self._file.check_length(size)
        except BadFile as error:
            raise SnapshotRejected(str(error)) from error

    def arrays(self, memory: mmap.mmap) -> dict[str, dict[str, NDArray[Any]]]:
        try:
            found = self._file.arrays(memory)
        except BadFile as error:
            raise SnapshotRejected(str(error)) from error
        return {part: found.get(part, {}) for part in self.header.versions}


def write(file: IO[bytes], header: SnapshotHeader, parts: Parts) -> None:
    _LAYOUT.write(file, asdict(header) | {"position": list(header.position)}, parts)


def read_header(file: IO[bytes]) -> Contents:
    try:
        contents = _LAYOUT.read_header(file)
        position = Position(*contents.header["position"])
        return Contents(SnapshotHeader(**contents.header | {"position": position}), contents)
    except BadFile as error:
        raise SnapshotRejected(str(error)) from error
    except (KeyError, TypeError) as error:  # another release, other words
        raise SnapshotRejected("it is of another version") from error


class SnapshotFiles(SnapshotStore):
    """Files in one folder that only its owner may read, each written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.snapshot"

    def write(
        self, name: str, header: SnapshotHeader, parts: Parts, *, lasting: bool = True
    ) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f".{name}.{os.getpid()}"
        try:
            with open(partial, "wb", opener=_private) as file:
                write(file, header, parts)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_blocks * 512
            partial.replace(self.path(name))
        finally:
            partial.unlink(missing_ok=True)
        if lasting:
            _sync_folder(self._folder)
        return size

    def header(self, name: str) -> SnapshotHeader | None:
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            return read_header(file).header
        return None

    def read(self, name: str) -> Snapshot | None:
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            contents = read_header(file)
            contents.check_length(os.fstat(file.fileno()).st_size)
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            return Snapshot(contents.header, contents.arrays(memory))
        return None

    def discard(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def sweep(self, prefix: str) -> None:
        for pattern in (f"{prefix}*.snapshot", f".{prefix}*"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._folder / f"{name}.lock", "wb", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # let go by the kernel, however this process ends
            for begun in self._folder.glob(f".{name}.*"):  # by one that was killed
                begun.unlink(missing_ok=True)
            yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
