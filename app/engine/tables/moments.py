"""When subjects came to items: their last event with each that speaks for it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.jit import Bytes, Events, Float64s, Int32s, Int64s, kernel
from app.engine.tables.event_record import EventRows
from app.engine.tables.history import History

NONE = 0  # no event


@kernel
def last_of_pairs(
    events: Events,
    newest: Int32s,
    subjects: Int32s,
    counts: Bytes,
    seen_by: Int32s,
    rows: tuple[Int32s, Int32s],
    times: Int64s,
) -> int:
    """Write each pair's newest event that counts; return how many pairs there are.

    counts : by code of the kind. seen_by : scratch by item row, all below 0. rows : room for
    the place in `subjects` and the item of each pair; times : for its time.
    """
    count = 0
    for number in range(subjects.size):
        at = newest[subjects[number]]
        while at != NONE:
            item = events[at].item
            if counts[events[at].kind] != 0 and seen_by[item] != number:
                seen_by[item] = number
                rows[0][count], rows[1][count], times[count] = number, item, events[at].at
                count += 1
            at = events[at].older
    return count


class Moments(NamedTuple):
    """The last moments of pairs, subject by subject, shape (n,) all."""

    subjects: Int32s
    items: Int32s
    times: Int64s
    """Milliseconds since 1970."""


def last_moments(history: History, weights: Float64s) -> Moments:
    """Return every pair's last event of a kind that weighs more than 0; call with the lock held.

    weights : by code of the kind. Left out are subjects whose moments are all the same one, though
    they are of several items: those say no order.
    """
    subjects = history.subjects()
    room = history.count_of(subjects)
    rows, times = (np.empty(room, np.int32), np.empty(room, np.int32)), np.empty(room, np.int64)
    counts = (weights > 0.0).astype(np.uint8)
    seen_by = np.full(history.items.capacity, -1, np.int32)
    count = last_of_pairs(history.events, history.newest, subjects, counts, seen_by, rows, times)
    numbers, items, times = rows[0][:count], rows[1][:count], times[:count]
    kept = _have_order(numbers, times, subjects.size)[numbers]
    return Moments(subjects[numbers[kept]], items[kept], times[kept])


def _have_order(numbers: Int32s, times: Int64s, n_subjects: int) -> NDArray[np.bool_]:
    """Return of each subject whether there are several moments, or one item."""
    changes = (numbers[1:] == numbers[:-1]) & (times[1:] != times[:-1])
    found: NDArray[np.bool_] = np.bincount(numbers, minlength=n_subjects) == 1
    found[numbers[1:][changes]] = True
    return found


def moments_of(events: EventRows, weights: Float64s, items: Int32s) -> Float64s:
    """Return when a subject last spoke for each of some items: ms since 1970, else not a number.

    events : the subject's, newest first. weights : by code of the kind; above 0 speaks for it.
    """
    found = np.full(items.size, np.nan)
    events = events[weights[events["kind"]] > 0.0]
    named, first = np.unique(events["item"], return_index=True)  # the first is the newest
    if named.size:
        places = np.minimum(np.searchsorted(named, items), named.size - 1)
        known = named[places] == items
        found[known] = events["at"][first[places[known]]]
    return found
