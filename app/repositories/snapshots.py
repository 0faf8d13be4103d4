"""Snapshots as files that processes map copy-on-write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO

from app.domain.changes import Position
from app.domain.ports import SnapshotStore
from app.domain.snapshots import Snapshot, SnapshotHeader, SnapshotRejected
from app.repositories.array_files import (
    BadFile,
    Contents,
    Layout,
    Parts,
    locked,
    private,
    sync_folder,
)

_LAYOUT = Layout(b"SHELFWISE SNAPSHOT 1\n", room=lambda rows: rows // 4 + 1024)


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
            with open(partial, "wb", opener=private) as file:
                described = asdict(header) | {"position": list(header.position)}
                _LAYOUT.write(file, described, parts)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_blocks * 512
            partial.replace(self.path(name))
        finally:
            partial.unlink(missing_ok=True)
        if lasting:
            sync_folder(self._folder)
        return size

    def header(self, name: str) -> SnapshotHeader | None:
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            return _read_header(file)[0]
        return None

    def read(self, name: str) -> Snapshot | None:
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            header, contents = _read_header(file)
            try:
                parts = contents.mapped(file)
            except BadFile as error:
                raise SnapshotRejected(str(error)) from error
            return Snapshot(header, {part: parts.get(part, {}) for part in header.versions})
        return None

    def discard(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def sweep(self, prefix: str) -> None:
        for pattern in (f"{prefix}*.snapshot", f".{prefix}*"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with locked(self._folder / f"{name}.lock"):
            for begun in self._folder.glob(f".{name}.*"):  # by one that was killed
                begun.unlink(missing_ok=True)
            yield


def _read_header(file: IO[bytes]) -> tuple[SnapshotHeader, Contents]:
    try:
        contents = _LAYOUT.read_header(file)
        position = Position(*contents.header["position"])
        return SnapshotHeader(**contents.header | {"position": position}), contents
    except BadFile as error:
        raise SnapshotRejected(str(error)) from error
    except (KeyError, TypeError) as error:  # another release, other words
        raise SnapshotRejected("it is of another version") from error
