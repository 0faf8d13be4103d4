"""Changes of ratings straight out of the change stream's BSON.

A rating that is written as we write it makes an event of one layout, so a small loop finds what it
holds without building dictionaries. All other events are left to the driver's decoder.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import repeat

import numpy as np
from bson.tz_util import utc

from app.domain.changes import Change, Collection
from app.domain.ratings import Rating
from app.engine.jit import Bytes, Int32s
from app.repositories.bson_kernels import (
    END,
    ITEM,
    ITEM_END,
    RATING,
    START,
    TIME,
    USER,
    USER_END,
    find_events,
)
from app.repositories.raw_values import numbers, texts

_EPOCH = datetime(1970, 1, 1, tzinfo=utc)
_SMALLEST = 8  # bytes; no document in an array is smaller: type, number, empty document


def to_changes(events: bytes, other: Callable[[bytes], Change]) -> list[Change]:
    """Return the changes of a BSON array of events, in order.

    `other` makes the change of an event that is no rating, or one of another layout.
    """
    raw = np.frombuffer(events, np.uint8)
    spans = np.empty((len(events) // _SMALLEST + 1, 8), np.int32)
    found = spans[: find_events(raw, spans)]
    known = found[:, USER] > 0
    changes = _of_ratings(events, raw, found[known])
    for number in np.flatnonzero(~known).tolist():
        start, end = found[number, START], found[number, END]
        changes.insert(number, other(events[start:end]))
    return changes


def _of_ratings(events: bytes, raw: Bytes, found: Int32s) -> list[Change]:
    user_ids = texts(events, found[:, USER], found[:, USER_END])
    item_ids = texts(events, found[:, ITEM], found[:, ITEM_END])
    values = numbers(raw, found[:, RATING], "<f8").tolist()
    rated = map(Rating, user_ids, item_ids, values, _times(raw, found[:, TIME]))
    ratings: list[Rating | None] = list(rated)
    for number in np.flatnonzero(found[:, RATING] == 0).tolist():  # deleted
        ratings[number] = None
    pairs = zip(user_ids, item_ids, strict=True)
    return list(map(Change, repeat(Collection.RATINGS), pairs, ratings))


def _times(raw: Bytes, places: Int32s) -> list[datetime | None]:
    since = numbers(raw, places, "<i8")
    since[places == 0] = 0
    # numpy makes timedeltas five times as fast as Python
    times: list[datetime | None] = list(map(_EPOCH.__add__, since.view("<m8[ms]").tolist()))
    for number in np.flatnonzero(places == 0).tolist():
        times[number] = None
    return times
