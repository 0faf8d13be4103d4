"""Snapshots as files that processes map copy-on-write; `snapshot_format` says what is in one."""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.domain.snapshots import Snapshot, SnapshotHeader
from app.repositories import snapshot_format as layout
from app.repositories.snapshot_format import Parts


class SnapshotFiles:
    """Keeps the promises of `SnapshotStore`, in one folder that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Return where the snapshot of that name lies."""
        return self._folder / f"{name}.snapshot"

    def write(
        self, name: str, header: SnapshotHeader, parts: Parts, *, lasting: bool = True
    ) -> int:
        """Store a snapshot in place of the former one; return its bytes on disk.

        Whole or not at all: the former one stays where this fails. Raises OSError. Returns when it
        would survive a loss of power, if it is to be `lasting`.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f".{name}.{os.getpid()}"
        try:
            with open(partial, "wb", opener=_private) as file:
                layout.write(file, header, parts)
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
        """Return what the snapshot is of; None if there is none. Raises SnapshotRejected."""
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            return layout.read_header(file).header
        return None

    def read(self, name: str) -> Snapshot | None:
        """Map a snapshot and check every byte; None if there is none. Raises SnapshotRejected."""
        with suppress(FileNotFoundError), self.path(name).open("rb") as file:
            contents = layout.read_header(file)
            contents.check_length(os.fstat(file.fileno()).st_size)
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            return Snapshot(contents.header, contents.arrays(memory))
        return None

    def discard(self, name: str) -> None:
        """Remove the snapshot, if there is one."""
        self.path(name).unlink(missing_ok=True)

    def sweep(self, prefix: str) -> None:
        """Remove every snapshot whose name begins so, and what was begun under such a name."""
        for pattern in (f"{prefix}*.snapshot", f".{prefix}*"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Wait until no other process of this machine makes this snapshot, and keep others out."""
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
