"""The numba loops that count, by item, what was done; `activity.py` says what and how."""

from typing import Any

from app.engine.jit import Float64s, Int32s, short_kernel
from app.engine.jit import kernel as reading_kernel

Events = Any  # a structured array of `event_record.EVENT`; mypy knows no fields of those

WEIGHED, COUNTED = 0, 1  # the two sets of sums
ALL = 4  # the span that does not fade
_FADING = 4
_FARTHEST = 900.0  # half-lives after the landmark; the largest float64 is 1,023 after 1


@short_kernel
def count(
    sums: Float64s, item: int, since: int, weight: float, half_lives: Float64s, step: int
) -> None:
    """Add (`step` 1) or take back (-1) one event; `since` in ms after the landmark.

    sums : shape (2, 5, items). The last of the counts holds every event, whatever its weight: it
    is exact, so that an item without events is all zero, whatever rounding left.
    """
    for span in range(_FADING):
        amount = step * 2.0 ** min(since / half_lives[span], _FARTHEST)
        sums[WEIGHED, span, item] += weight * amount
        if weight > 0.0:
            sums[COUNTED, span, item] += amount
    sums[WEIGHED, ALL, item] += step * weight
    sums[COUNTED, ALL, item] += step
    if sums[COUNTED, ALL, item] == 0.0:
        sums[:, :, item] = 0.0


@short_kernel
def count_all(
    events: Events,
    newest: Int32s,
    subjects: Int32s,
    weights: Float64s,
    landmark: int,
    half_lives: Float64s,
    sums: Float64s,
) -> None:
    """Add every event of these subjects; weights by code of the kind."""
    for number in range(subjects.size):
        at = newest[subjects[number]]
        while at != 0:
            weight = weights[events[at].kind]
            if weight != 0.0:
                since = events[at].at - landmark
                count(sums, events[at].item, since, weight, half_lives, 1)
            at = events[at].older


@reading_kernel
def count_since(
    events: Events, of_item: Int32s, item: int, since: int, weights: Float64s, most: int
) -> int:
    """Count an item's events of positive weight from `since` (ms) on.

    Of purchases and of other events the `most` that came last are looked at.
    """
    found = 0
    for which in range(2):
        at = of_item[item, which]
        looked = 0
        while at != 0 and looked < most:
            found += events[at].at >= since and weights[events[at].kind] > 0.0
            looked += 1
            at = events[at].older_of_item
    return found
