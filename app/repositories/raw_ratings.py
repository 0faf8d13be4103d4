"""Columns of ratings straight out of BSON, for loading millions.

A projected rating has one layout, so a small loop finds its ids and its value without building a
dictionary. Documents of another layout (an integer rating, fields in another order) are left to
the driver's decoder.
"""

from math import isfinite

import numpy as np
from bson import decode_all

from app.domain.changes import Collection
from app.domain.ratings import RatingBatch
from app.engine.jit import Bytes, Int32s, short_kernel
from app.repositories.foreign import understood
from app.repositories.mongo import Document

_USER = np.frombuffer(b"\x03_id\x00....\x02user_id\x00", np.uint8)
_ITEM = np.frombuffer(b"\x02item_id\x00", np.uint8)
_RATING = np.frombuffer(b"\x00\x01rating\x00", np.uint8)
_DOT = ord(".")
_SMALLEST = 60  # bytes; no document of this layout is smaller


def to_batch(data: bytes) -> RatingBatch:
    """Return the columns of concatenated `{_id: {user_id, item_id}, rating}` documents."""
    raw = np.frombuffer(data, np.uint8)
    spans = np.empty((len(data) // _SMALLEST + 1, 5), np.int32)
    count = _find(raw, _USER, _ITEM, _RATING, spans)
    if count < 0:
        return _decoded(data)
    found = spans[:count]
    values = raw[found[:, 4, None] + np.arange(8)].view("<f8")[:, 0]
    if not np.isfinite(values).all():
        return _decoded(data)
    user_ids = _texts(data, found[:, 0], found[:, 1])
    item_ids = _texts(data, found[:, 2], found[:, 3])
    return RatingBatch(user_ids, item_ids, values.tolist())


def _texts(data: bytes, starts: Int32s, ends: Int32s) -> list[str]:
    places = zip(starts.tolist(), ends.tolist(), strict=True)
    return [data[start:end].decode() for start, end in places]


def _decoded(data: bytes) -> RatingBatch:
    rows = list(understood(Collection.RATINGS, decode_all(data), _row))
    return RatingBatch([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _row(row: Document) -> tuple[str, str, float]:
    user_id, item_id, value = row["_id"]["user_id"], row["_id"]["item_id"], float(row["rating"])
    if not (isinstance(user_id, str) and isinstance(item_id, str) and isfinite(value)):
        raise ValueError(f"not a rating: {row}")
    return user_id, item_id, value


@short_kernel
def _number(data: Bytes, place: int) -> np.int64:
    """Read a little-endian int32."""
    number = np.int64(0)
    for byte in range(4):
        number |= np.int64(data[place + byte]) << np.int64(8 * byte)
    return number


@short_kernel
def _after(data: Bytes, place: int, expected: Bytes) -> int:
    """Return the place behind the expected bytes ("." is any), or -1 if they do not stand there."""
    if place < 0 or place + expected.size > data.size:
        return -1
    for byte in range(expected.size):
        if expected[byte] != _DOT and data[place + byte] != expected[byte]:
            return -1
    return place + expected.size


@short_kernel
def _find(data: Bytes, user: Bytes, item: Bytes, rating: Bytes, spans: Int32s) -> int:
    """Write where each document's ids (start, end) and its value begin; -1 for another layout.

    data : documents one after another; user, item, rating : what stands before each of the three.
    spans : shape (n, 5), room for all of them. Returns how many there are.
    """
    count = 0
    start = 0
    while start < data.size:
        place = start + 4
        for field in range(2):
            place = _after(data, place, user if field == 0 else item)
            if place < 0:
                return -1
            spans[count, 2 * field] = place + 4
            place += 4 + int(_number(data, place))
            spans[count, 2 * field + 1] = place - 1
        place = _after(data, place, rating)
        spans[count, 4] = place
        start += int(_number(data, start))
        if place < 0 or place + 9 != start:
            return -1
        count += 1
    return count
