"""What is in a snapshot file: plain arrays, never code.

    magic line | length, checksum | header (JSON) | array | room | array | room | ...

Every array begins on a page of its own. The room behind it is a hole in the file that costs
nothing: a mapped array grows into it where it is. The header names type, shape, place and checksum
(xxh3) of each array; numbers are in the byte order of the machine.
"""

import mmap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np
import orjson
import xxhash
from numpy.typing import NDArray

from app.domain.changes import Position
from app.domain.snapshots import SnapshotHeader, SnapshotRejected

Parts = Mapping[str, Mapping[str, NDArray[Any]]]

_MAGIC = b"SHELFWISE SNAPSHOT 1\n"
_NUMBER = 8  # bytes
_PAGE = 4096
_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one array lies, counted from the end of the header."""

    part: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    checksum: int

    @property
    def rows(self) -> int:
        """How many rows there is room for."""
        return self.shape[0] + self.shape[0] // 4 + 1024

    @property
    def end(self) -> int:
        row = int(np.prod(self.shape[1:], dtype=np.int64)) * np.dtype(self.dtype).itemsize
        return self.offset + self.rows * row


@dataclass(frozen=True, slots=True)
class Contents:
    """The header of a file, and where its arrays lie."""

    header: SnapshotHeader
    places: list[_Place]
    start: int

    def check_length(self, size: int) -> None:
        """Raise SnapshotRejected if the file is shorter than its arrays."""
        if size < self.start + self.places[-1].end:
            raise SnapshotRejected("it is cut short")

    def arrays(self, memory: mmap.mmap) -> dict[str, dict[str, NDArray[Any]]]:
        """Return every array, by part and name, or raise SnapshotRejected for a damaged one."""
        parts: dict[str, dict[str, NDArray[Any]]] = {part: {} for part in self.header.versions}
        for place in self.places:
            shape = (place.rows, *place.shape[1:])
            whole = np.ndarray(shape, place.dtype, memory, self.start + place.offset)
            array = whole[: place.shape[0]]
            if _checksum(array) != place.checksum:
                raise SnapshotRejected(f"{place.part}: {place.name} is damaged")
            parts[place.part][place.name] = array
        return parts


def write(file: IO[bytes], header: SnapshotHeader, parts: Parts) -> None:
    """Write a whole snapshot."""
    places = _lay_out(parts)
    described = asdict(header) | {"position": list(header.position)}
    text = orjson.dumps({"header": described, "arrays": [asdict(p) for p in places]})
    file.write(_MAGIC)
    for number in (len(text), xxhash.xxh3_64_intdigest(text)):
        file.write(number.to_bytes(_NUMBER, "little"))
    file.write(text)
    start = _aligned(file.tell())
    for place in places:
        file.seek(start + place.offset)
        file.write(_flat(parts[place.part][place.name]))
    file.truncate(start + places[-1].end)


def read_header(file: IO[bytes]) -> Contents:
    """Read what a file says of itself, or raise SnapshotRejected."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SnapshotRejected("it is of another version")
    length, checksum = (int.from_bytes(file.read(_NUMBER), "little") for _ in range(2))
    text = file.read(min(length, _LONGEST_HEADER))
    if xxhash.xxh3_64_intdigest(text) != checksum:
        raise SnapshotRejected("its header is damaged")
    try:
        header, places = _parsed(orjson.loads(text))
    except (KeyError, TypeError, ValueError) as error:  # another release, other words
        raise SnapshotRejected("it is of another version") from error
    if not all(np.dtype(place.dtype).isnative for place in places):
        raise SnapshotRejected("it is of a machine of another byte order")
    return Contents(header, places, _aligned(file.tell()))


def _parsed(values: dict[str, Any]) -> tuple[SnapshotHeader, list[_Place]]:
    header = values["header"]
    header["position"] = Position(*header["position"])
    places = [_Place(**{**place, "shape": tuple(place["shape"])}) for place in values["arrays"]]
    return SnapshotHeader(**header), places


def _lay_out(parts: Parts) -> list[_Place]:
    places: list[_Place] = []
    for part, arrays in parts.items():
        for name, array in arrays.items():
            offset = _aligned(places[-1].end) if places else 0
            place = _Place(part, name, array.dtype.str, array.shape, offset, _checksum(array))
            places.append(place)
    return places


def _aligned(offset: int) -> int:
    return -(-offset // _PAGE) * _PAGE


def _flat(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _checksum(array: NDArray[Any]) -> int:
    return xxhash.xxh3_64_intdigest(_flat(array))
