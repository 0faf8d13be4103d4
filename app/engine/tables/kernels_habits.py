"""The numba loop that counts how things are bought again; `habits.py` says what for."""

from typing import Any

import numpy as np

from app.engine.jit import Float64s, Int32s, Int64s, kernel

Events = Any  # a structured array of `event_record.EVENT`; mypy knows no fields of those

NONE = 0  # no event
PURCHASE = 4  # the code of the kind
BUYERS, AGAIN, GAPS = 0, 1, 2  # columns of the counts


@kernel
def count_habits(
    events: Events,
    newest: Int32s,
    subjects: Int32s,
    shortest: int,
    counts: Int32s,
    logs: Float64s,
    last: Int64s,
) -> None:
    """Add up how these subjects buy things again.

    counts : shape (items, 3): subjects who bought the item, those who bought it again, and times
    between two purchases; logs : the sums of the logarithms of those times (ms). Purchases less
    than `shortest` ms apart are one. last : scratch by item row, all 0 before and after: when the
    subject bought it; negative once the subject has bought it again.
    """
    for number in range(subjects.size):
        at = newest[subjects[number]]
        while at != NONE:
            if events[at].kind == PURCHASE:
                item, time = events[at].item, events[at].at
                gap = abs(last[item]) - time
                if last[item] == 0:
                    counts[item, BUYERS] += 1
                    last[item] = time
                elif gap < shortest:
                    last[item] = time if last[item] > 0 else -time
                else:
                    counts[item, AGAIN] += last[item] > 0
                    counts[item, GAPS] += 1
                    logs[item] += np.log(gap)
                    last[item] = -time
            at = events[at].older
        at = newest[subjects[number]]
        while at != NONE:
            last[events[at].item] = 0
            at = events[at].older
