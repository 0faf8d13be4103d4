"""How things are bought again: learned of all subjects, and read of one.

    gap      the time between two purchases of an item by one subject; from half a day on
    d(shop)  the geometric mean of all gaps
    d(i)     that of item i, with 5 gaps of d(shop) added
    r(i)     the share of item i's buyers who bought it again, with 5 of the shop's share added
    d(u, i)  the median of u's own k gaps from the third purchase on, with 2 of d(i) added, in the
             same way: exp((k log(median) + 2 log d(i)) / (k + 2))
    R(u, i)  (k + 5 r(i)) / (k + 5)
    F(u, i)  the purchases, faded:  sum of 2^(-age / half-life)
    x        the time since the last purchase / d(u, i)

    score = F / (F + 10) * R * (1 + x e^(1 - x)) / 2

x e^(1-x) is 0 right after a purchase, 1 when one interval has passed, and falls slowly: what is
overdue may still be wanted, or was bought elsewhere.
"""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.engine.jit import Events, Float64s, Int32s, Int64s, kernel
from app.engine.tables.arrays import in_slices, resized
from app.engine.tables.event_record import EventRows
from app.engine.tables.history import History

NONE = 0  # no event
PURCHASE = 4  # the code of the kind
BUYERS, AGAIN, GAPS = 0, 1, 2  # columns of the counts
DAY_MS = 86_400_000
ONE_PURCHASE_MS = DAY_MS // 2
_SHOP_COUNTS = 5.0
_ITEM_COUNTS = 2.0
_HALF_SCORE = 10.0
_AT_ONCE = 128  # subjects under one hold of the lock
_NOTHING = np.empty(0)
_NO_ROWS = np.empty(0, np.int32)


@kernel
def count_intervals(
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


class Habit(NamedTuple):
    """How one subject buys some items again. Arrays have shape (n,)."""

    rows: Int32s
    times: Int32s
    """Purchases."""
    usual: Float64s
    """d(u, i) in ms."""
    age: Float64s
    """Time since the last purchase in ms."""
    scores: Float64s
    """In [0, 1]."""


@dataclass(frozen=True)
class Habits:
    """d and r above as of a count; what came later has the shop's.

    A row that another item has got since keeps the former one's until the next count.
    """

    log_shop: float = math.log(30.0 * DAY_MS)
    share_shop: float = 0.2
    log_gaps: Float64s = field(default_factory=lambda: _NOTHING)
    """Logarithms of d(i) in ms, shape (items,)."""
    shares: Float64s = field(default_factory=lambda: _NOTHING)
    """r(i), shape (items,)."""

    def of(self, events: EventRows, now: int, *, half_life: float) -> Habit:
        """Return the habits of one subject.

        events : the subject's, newest first. now : ms since 1970; half_life : ms.
        """
        bought = events[events["kind"] == PURCHASE][::-1]
        if not bought.size:
            return Habit(_NO_ROWS, _NO_ROWS, _NOTHING, _NOTHING, _NOTHING)
        bought = bought[np.argsort(bought["item"], kind="stable")]
        item, time = bought["item"], bought["at"]
        first = np.flatnonzero(np.diff(item, prepend=-1))  # of each item's purchases, by time
        gap = np.diff(time, prepend=0)
        gap[first] = ONE_PURCHASE_MS
        counts = gap >= ONE_PURCHASE_MS
        rows, times = item[first], _sums(counts, first)
        age = np.maximum(now - time[np.append(first[1:], item.size) - 1], 0).astype(np.float64)
        faded = _sums(counts * np.exp2((time - now) / half_life), first)
        counts[first] = False
        usual = self._usual(rows, times, _medians(item[counts], gap[counts], rows))
        share = (times - 1 + _SHOP_COUNTS * _read(self.shares, rows, self.share_shop)) / (
            times - 1 + _SHOP_COUNTS
        )
        overdue = age / usual
        due = overdue * np.exp(1.0 - overdue)
        scores = faded / (faded + _HALF_SCORE) * share * (1.0 + due) / 2.0
        return Habit(rows, times, usual, age, scores)

    def _usual(self, rows: Int32s, times: Int32s, medians: Float64s) -> Float64s:
        gaps = np.where(times > 2, times - 1, 0)
        of_item = _ITEM_COUNTS * _read(self.log_gaps, rows, self.log_shop)
        usual: Float64s = np.exp((gaps * np.log(medians) + of_item) / (gaps + _ITEM_COUNTS))
        return usual


def _sums(values: npt.NDArray[Any], first: Int64s) -> npt.NDArray[Any]:
    """Sum the values of each group; groups are neighbours and begin at `first`."""
    return np.add.reduceat(values, first, dtype=float if values.dtype.kind == "f" else np.int32)


def _medians(item: Int32s, gap: Int64s, rows: Int32s) -> Float64s:
    """Return the median gap of each row; 1 where it has none. `item` and `rows` ascend."""
    ordered = gap[np.lexsort((gap, item))]
    start, end = np.searchsorted(item, rows), np.searchsorted(item, rows, side="right")
    medians = np.ones(rows.size)
    some = end > start
    low, high = ((start + end - 1) // 2)[some], ((start + end) // 2)[some]
    medians[some] = (ordered[low] + ordered[high]) / 2
    return medians


def _read(values: Float64s, rows: Int32s, otherwise: float) -> Float64s:
    found = np.full(rows.size, otherwise)
    known = rows < values.size
    found[known] = values[rows[known]]
    return found


def count_habits(history: History) -> Habits:
    """Learn from all subjects of a history, letting others have its lock in between."""
    counts, logs = np.zeros((0, 3), np.int32), np.zeros(0)
    last = np.zeros(0, np.int64)
    with history.lock:
        subjects = history.subjects()
    for part in in_slices(history.lock, subjects.size, _AT_ONCE):
        n_items = history.items.capacity
        if n_items > logs.size:
            counts, logs = resized(counts, n_items), resized(logs, n_items)
            last = resized(last, n_items)
        some = subjects[part]
        some = some[some < history.newest.size]
        count_intervals(history.events, history.newest, some, ONE_PURCHASE_MS, counts, logs, last)
    return _learned(counts, logs)


def _learned(counts: Int32s, logs: Float64s) -> Habits:
    guess = Habits()
    buyers, again, gaps = counts.T
    share = (again.sum() + guess.share_shop) / (buyers.sum() + 1.0)
    log_gap = (logs.sum() + guess.log_shop) / (gaps.sum() + 1.0)
    return Habits(
        log_shop=float(log_gap),
        share_shop=float(share),
        log_gaps=(logs + _SHOP_COUNTS * log_gap) / (gaps + _SHOP_COUNTS),
        shares=(again + _SHOP_COUNTS * share) / (buyers + _SHOP_COUNTS),
    )
