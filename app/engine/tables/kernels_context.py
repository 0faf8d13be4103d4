"""The numba loops over when and where categories are wanted; see `context.py`."""

from typing import Any

import numpy as np

from app.engine.jit import Float64s, Int32s, Int64s, kernel, short_kernel

Events = Any  # a structured array of `event_record.EVENT`; mypy knows no fields of those

HOUR, WEEKDAY, DEVICE, COUNTRY = 0, 1, 2, 3  # the dimensions
DAYPARTS = 6
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_MONDAY = 3  # the weekday of 1 January 1970, a Thursday
_SATURDAY = 5


@short_kernel
def count(
    events: Events,
    newest: Int32s,
    subjects: Int32s,
    weights: Float64s,
    categories: Int32s,
    first_day: int,
    offsets: Int64s,
    starts: Int64s,
    weighed: Float64s,
    counted: Float64s,
) -> None:
    """Add the events of these subjects whose kind weighs more than 0.

    weights : by code of the kind; categories : code by item row.
    first_day : days since 1970; offsets : ms of local time before UTC, by day from then on.
    starts : shape (5,), where the values of each dimension begin and end among the rows of
        `weighed`, which has shape (values, categories); counted : shape (4, categories).
    Events of other days, and categories and values past the ends, are left out.
    """
    for number in range(subjects.size):
        at = newest[subjects[number]]
        while at != 0:
            event = events[at]
            at = event.older
            weight, day = weights[event.kind], event.at // _DAY_MS - first_day
            if weight <= 0.0 or day < 0 or day >= offsets.size or event.item >= categories.size:
                continue
            category = categories[event.item]
            if category >= weighed.shape[1]:
                continue
            local = event.at + offsets[day]
            weekday = (local // _DAY_MS + _MONDAY) % 7
            values = (
                local % _DAY_MS // (4 * _HOUR_MS),
                1 if weekday >= _SATURDAY else 0,
                event.device - 1,  # 0: not known
                event.country - 1,
            )
            for dimension in range(4):
                place = starts[dimension] + values[dimension]
                if values[dimension] >= 0 and place < starts[dimension + 1]:
                    weighed[place, category] += weight
                    counted[dimension, category] += 1.0


@kernel
def lifted(scores: Float64s, categories: Int32s, lifts: Float64s) -> Float64s:
    """Multiply the scores above 0 by the lift of each item's category; leave the others.

    scores, categories : by item row; lifts : by code of the category.
    """
    found = np.empty(scores.size)
    for row in range(scores.size):
        found[row] = scores[row] * (lifts[categories[row]] if scores[row] > 0.0 else 1.0)
    return found
