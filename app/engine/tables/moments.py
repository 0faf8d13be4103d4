"""When subjects came to items: their last event with each that speaks for it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.tables import kernels_moments as kernels
from app.engine.tables.event_record import EventRows
from app.engine.tables.history import History


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
    count = kernels.last_of_pairs(
        history.events,
        history.newest,
        subjects,
        (weights > 0.0).astype(np.uint8),
        np.full(history.items.capacity, -1, np.int32),
        rows,
        times,
    )
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
