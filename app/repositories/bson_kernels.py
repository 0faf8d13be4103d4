"""Compiled scans of BSON for ratings, in the two layouts asked for, and what they find as values.

What stands before each value is compared byte by byte. BSON says the type and the name of all it
holds, so bytes that equal a whole layout can mean nothing else.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Bytes, Int32s, short_kernel

START, END, USER, USER_END, ITEM, ITEM_END, RATING, TIME = range(8)
"""Columns of `find_events`."""


def _pattern(*parts: bytes) -> Bytes:
    return np.frombuffer(b"".join(parts), np.uint8)


_DOT = ord(".")  # any byte: a length, which the types and the end of the document check
_USER = _pattern(b"\x03_id\0....", b"\x02user_id\0")
_ITEM = _pattern(b"\x02item_id\0")
_RATING = _pattern(b"\0", b"\x01rating\0")

_TOKEN = _pattern(b"\x03_id\0....", b"\x02_data\0")
_OPERATION = _pattern(b"\0", b"\x02operationType\0")
_DELETE = _pattern(b"\x07\0\0\0delete\0")
_DOCUMENT = _pattern(b"\x03fullDocument\0....", b"\x01rating\0")
_TIME = _pattern(b"\x09rated_at\0")
_NO_TIME = _pattern(b"\x0arated_at\0")
_END = _pattern(b"\0")
_KEY = _pattern(
    b"\x03ns\0....",
    b"\x02coll\0\x08\0\0\0ratings\0",
    b"\0",
    b"\x03documentKey\0....",
    b"\x03_id\0....",
    b"\x02user_id\0",
)
_ENDS = _pattern(b"\0\0\0")
# milliseconds of the years 1 and 9999: Python has no time before or after
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999


@short_kernel
def _number(data: Bytes, place: int, size: int) -> np.int64:
    number = np.int64(0)
    for byte in range(size):
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
def _after_text(data: Bytes, place: int) -> int:
    """Return the place behind the text whose length stands at `place`; -1 stays -1."""
    if place < 0 or place + 4 > data.size:
        return -1
    return place + 4 + int(_number(data, place, 4))


@short_kernel
def find_ratings(data: Bytes, spans: Int32s) -> int:
    """Write where each document's ids (start, end) and its value begin; -1 for another layout.

    data : documents `{_id: {user_id, item_id}, rating}`, one after another.
    spans : shape (n, 5), room for all of them. Returns how many there are.
    """
    count = 0
    start = 0
    while start < data.size:
        place = start + 4
        for field in range(2):
            place = _after(data, place, _USER if field == 0 else _ITEM)
            if place < 0:
                return -1
            spans[count, 2 * field] = place + 4
            place = _after_text(data, place)
            spans[count, 2 * field + 1] = place - 1
        place = _after(data, place, _RATING)
        spans[count, 4] = place
        start += int(_number(data, start, 4))
        if place < 0 or place + 9 != start:
            return -1
        count += 1
    return count


@short_kernel
def find_events(data: Bytes, spans: Int32s) -> int:
    """Write where each event of a change stream begins and ends, and what a rating's holds.

    data : a BSON array of events. spans : shape (n, 8), room for all of them; the ids and the
    value are 0 where an event is another than a written or deleted rating in our layout, the value
    is 0 in a deletion, the time where there is none. Returns how many events there are.
    """
    count = 0
    place = 4
    while place < data.size - 1:
        while data[place] != 0:  # the type, and the number in the array as text
            place += 1
        start = place + 1
        place = start + int(_number(data, start, 4))
        spans[count] = 0
        spans[count, START] = start
        spans[count, END] = place
        if not _read_event(data, spans[count]):
            spans[count, USER] = 0
        count += 1
    return count


@short_kernel
def _read_event(data: Bytes, span: Int32s) -> bool:
    """Write the places of one event; False if it has another layout."""
    operation = _after(data, _after_text(data, _after(data, span[START] + 4, _TOKEN)), _OPERATION)
    place = _after_text(data, operation)
    value = _after(data, place, _DOCUMENT)
    if value >= 0:
        span[RATING] = value
        place = _read_time(data, value + 8, span)
    elif _after(data, operation, _DELETE) < 0:
        return False
    place = _after(data, place, _KEY)
    span[USER] = place + 4
    place = _after_text(data, place)
    span[USER_END] = place - 1
    place = _after(data, place, _ITEM)
    span[ITEM] = place + 4
    place = _after_text(data, place)
    span[ITEM_END] = place - 1
    return _after(data, place, _ENDS) == int(span[END])


@short_kernel
def _read_time(data: Bytes, place: int, span: Int32s) -> int:
    """Write the place of the time, and return the place behind the document; -1 as above."""
    without = _after(data, place, _NO_TIME)
    if without >= 0:
        return _after(data, without, _END)
    place = _after(data, place, _TIME)
    if place < 0 or place + 8 > data.size or not _FIRST <= _number(data, place, 8) <= _LAST:
        return -1
    span[TIME] = place
    return _after(data, place + 8, _END)


def texts(data: bytes, starts: Int32s, ends: Int32s) -> list[str]:
    places = zip(starts.tolist(), ends.tolist(), strict=True)
    return [data[start:end].decode() for start, end in places]


def numbers(raw: Bytes, starts: Int32s, kind: str) -> npt.NDArray[Any]:
    """Return what stands in the eight bytes from each of these places, read as `kind`."""
    values: npt.NDArray[Any] = raw[starts[:, None] + np.arange(8)].view(kind)
    return values[:, 0]
