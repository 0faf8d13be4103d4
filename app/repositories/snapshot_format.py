"""What is in a snapshot file: a header, and arrays with room to grow (see `array_files`)."""

import mmap
from dataclasses import asdict, dataclass
from typing import IO, Any

from numpy.typing import NDArray

from app.domain.changes import Position
from app.domain.snapshots import SnapshotHeader, SnapshotRejected
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
        """Raise SnapshotRejected if the file is shorter than its arrays."""
        try:
            self._file.check_length(size)
        except BadFile as error:
            raise SnapshotRejected(str(error)) from error

    def arrays(self, memory: mmap.mmap) -> dict[str, dict[str, NDArray[Any]]]:
        """Return every array, by part and name, or raise SnapshotRejected for a damaged one."""
        try:
            found = self._file.arrays(memory)
        except BadFile as error:
            raise SnapshotRejected(str(error)) from error
        return {part: found.get(part, {}) for part in self.header.versions}


def write(file: IO[bytes], header: SnapshotHeader, parts: Parts) -> None:
    """Write a whole snapshot."""
    _LAYOUT.write(file, asdict(header) | {"position": list(header.position)}, parts)


def read_header(file: IO[bytes]) -> Contents:
    """Read what a file says of itself, or raise SnapshotRejected."""
    try:
        contents = _LAYOUT.read_header(file)
        position = Position(*contents.header["position"])
        return Contents(SnapshotHeader(**contents.header | {"position": position}), contents)
    except BadFile as error:
        raise SnapshotRejected(str(error)) from error
    except (KeyError, TypeError) as error:  # another release, other words
        raise SnapshotRejected("it is of another version") from error
