"""Files that only their owner may read, and the layout of those of plain arrays, never code.

    magic line | length, checksum | header (JSON) | array | room | array | room | ...

Every array begins on a page of its own. Room behind it is a hole in the file that costs nothing:
a mapped array grows into it where it is. The header says what the file is of, and names type,
shape, place and checksum (xxh3) of each array; numbers are in the byte order of the machine.
"""

import fcntl
import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import xxhash
from numpy.typing import NDArray

Parts = Mapping[str, Mapping[str, NDArray[Any]]]

_NUMBER = 8  # bytes
_PAGE = 4096
_LONGEST_HEADER = 1 << 20


def private(path: str, flags: int) -> int:
    """Open a file, as `opener` of `open`; one that is made can be read by its owner only."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder would survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file against all other processes of this machine; make it if missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "wb", opener=private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go by the kernel, however this process ends
        yield


class BadFile(Exception):
    """A file that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one array lies, counted from the end of the header."""

    part: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What begins the files of one kind, and how many rows fit behind an array of so many."""

    magic: bytes
    room: Callable[[int], int] = lambda rows: 0

    def write(self, file: IO[bytes], described: Mapping[str, Any], parts: Parts) -> str:
        """Write a whole file; return the checksum that `Contents` has."""
        places = self._lay_out(parts)
        text = orjson.dumps({"header": described, "arrays": [asdict(p) for p in places]})
        checksum = xxhash.xxh3_64_intdigest(text)
        file.write(self.magic)
        for number in (len(text), checksum):
            file.write(number.to_bytes(_NUMBER, "little"))
        file.write(text)
        start = _aligned(file.tell())
        for place in places:
            file.seek(start + place.offset)
            file.write(_flat(parts[place.part][place.name]))
        file.truncate(start + self.end(places))
        return f"{checksum:016x}"

    def read_header(self, file: IO[bytes]) -> "Contents":
        """Read what a file says of itself, or raise BadFile."""
        if file.read(len(self.magic)) != self.magic:
            raise BadFile("it is of another version")
        length, checksum = (int.from_bytes(file.read(_NUMBER), "little") for _ in range(2))
        text = file.read(min(length, _LONGEST_HEADER))
        if xxhash.xxh3_64_intdigest(text) != checksum:
            raise BadFile("its header is damaged")
        try:
            header, places = _parsed(orjson.loads(text))
        except (KeyError, TypeError, ValueError) as error:  # another release, other words
            raise BadFile("it is of another version") from error
        if not all(np.dtype(place.dtype).isnative for place in places):
            raise BadFile("it is of a machine of another byte order")
        return Contents(self, header, places, _aligned(file.tell()), f"{checksum:016x}")

    def whole(self, place: Place) -> tuple[int, ...]:
        """Return the shape of an array with the room behind it."""
        if not place.shape:
            return ()
        return (place.shape[0] + self.room(place.shape[0]), *place.shape[1:])

    def end(self, places: list[Place]) -> int:
        """Return where the last of the arrays ends, with its room."""
        if not places:
            return 0
        last = places[-1]
        count = int(np.prod(self.whole(last), dtype=np.int64))
        return last.offset + count * np.dtype(last.dtype).itemsize

    def _lay_out(self, parts: Parts) -> list[Place]:
        places: list[Place] = []
        for part, arrays in parts.items():
            for name, array in arrays.items():
                offset = _aligned(self.end(places))
                places.append(
                    Place(part, name, array.dtype.str, array.shape, offset, _checksum(array))
                )
        return places


@dataclass(frozen=True, slots=True)
class Contents:
    """The header of a file, and where its arrays lie."""

    layout: Layout
    header: dict[str, Any]
    places: list[Place]
    start: int
    checksum: str
    """Of the header, and so of the checksums of all arrays."""

    def mapped(self, file: IO[bytes]) -> dict[str, dict[str, NDArray[Any]]]:
        """Map every array copy-on-write, by part and name, or raise BadFile for a damaged one."""
        if os.fstat(file.fileno()).st_size < self.start + self.layout.end(self.places):
            raise BadFile("it is cut short")
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        parts: dict[str, dict[str, NDArray[Any]]] = {}
        for place in self.places:
            shape = self.layout.whole(place)
            whole: NDArray[Any]
            whole = np.ndarray(shape, place.dtype, memory, self.start + place.offset)
            array = whole[: place.shape[0]] if shape else whole
            if _checksum(array) != place.checksum:
                raise BadFile(f"{place.part}: {place.name} is damaged")
            parts.setdefault(place.part, {})[place.name] = array
        return parts


def _parsed(values: dict[str, Any]) -> tuple[dict[str, Any], list[Place]]:
    places = [Place(**{**place, "shape": tuple(place["shape"])}) for place in values["arrays"]]
    return dict(values["header"]), places


def _aligned(offset: int) -> int:
    return -(-offset // _PAGE) * _PAGE


def _flat(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _checksum(array: NDArray[Any]) -> int:
    return xxhash.xxh3_64_intdigest(_flat(array))
