"""The numba loop that finds when subjects came to items last; `moments.py` says what for."""

from typing import Any

from app.engine.jit import Bytes, Int32s, Int64s, kernel

Events = Any  # a structured array of `event_record.EVENT`; mypy knows no fields of those

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
