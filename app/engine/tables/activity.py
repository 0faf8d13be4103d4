"""How much was done with each item lately: sums over its events that fade, kept live.

    S(i, w) = sum over the events k about i of  weight(k) 2^-((now - t_k) / H_w),   H_w = w / 2
    N(i, w) = the same with 1 for a weight above 0 and 0 for any other

for the spans w of a day, a week, 30 days and 120 days, and once without fading. With half a span
as the half-life three quarters of the weight of a steady stream lie within the span, and nothing
drops out of it from one minute to the next. Sums are stored as of a landmark L, times
2^((now - L) / H_w), so that an event is added and taken back without looking at any other; a reader
divides by that.

What is taken back leaves a rounding error of 10^-16 of the sum, as of then; it fades too.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Events, Float64s, Int32s, kernel, short_kernel
from app.engine.tables.arrays import Arrays, in_slices
from app.engine.tables.event_record import KindWeights
from app.engine.tables.history import History

WEIGHED, COUNTED = 0, 1  # the two sets of sums
ALL_WINDOWS = 4  # the span that does not fade
_FADING = 4
_FARTHEST = 900.0  # half-lives after the landmark; the largest float64 is 1,023 after 1
DAY_MS = 86_400_000
LOOKED_AT = 2_000
"""Of an item's purchases, and of its other events, how many `since` looks at: the last."""
_AT_ONCE = 128  # subjects under one hold of the lock
_MOST_HALF_LIVES = 500.0


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
    sums[WEIGHED, ALL_WINDOWS, item] += step * weight
    sums[COUNTED, ALL_WINDOWS, item] += step
    if sums[COUNTED, ALL_WINDOWS, item] == 0.0:
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


@kernel
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


class Span(IntEnum):
    """How far back a sum looks; the number is its place."""

    DAY = 0
    WEEK = 1
    MONTH = 2
    SEASON = 3
    ALL = ALL_WINDOWS


DAYS = {Span.DAY: 1, Span.WEEK: 7, Span.MONTH: 30, Span.SEASON: 120}
_HALF_LIVES = np.array([days * DAY_MS / 2 for days in DAYS.values()])


class Activity:
    """The sums above for every item, of the events of a history. Guarded by the history's lock.

    The history tells of each event that comes or goes; after it was loaded, `rebuild`.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._weights = KindWeights({})
        self._landmark = 0
        self._sums = np.zeros((2, len(Span), 0))
        history.counters.append(self._count)

    @property
    def nbytes(self) -> int:
        return self._sums.nbytes

    def weighed(self, span: Span, now: int) -> Float64s:
        """Return S of every item at `now` (ms since 1970), shape (items.capacity,)."""
        return self._read(WEIGHED, span, now)

    def counted(self, span: Span, now: int) -> Float64s:
        """Return N of every item at `now`, shape (items.capacity,); not for `Span.ALL`."""
        return self._read(COUNTED, span, now)

    def since(self, item: int, time: int) -> int:
        """Count an item's events of positive weight from `time` (ms since 1970) on.

        Of its purchases, and of its other events, the last `LOOKED_AT` to arrive are looked at.
        """
        history = self._history
        return int(
            count_since(history.events, history.of_item, item, time, self.weights, LOOKED_AT)
        )

    def is_far(self, now: int) -> bool:
        """Return whether the sums are about to grow too large, so that `rebuild` must come."""
        return bool((now - self._landmark) / _HALF_LIVES[0] > _MOST_HALF_LIVES)

    def rebuild(self, weights: Mapping[str, float], now: int) -> None:
        """Count everything anew, by other weights, while readers go on with the former sums.

        Nobody else may change the history meanwhile.
        """
        history = self._history
        self._weights = KindWeights(dict(weights))
        with history.lock:
            subjects, sums = history.subjects(), np.zeros((2, len(Span), history.items.capacity))
        for some in in_slices(history.lock, subjects.size, _AT_ONCE):
            count_all(
                history.events, history.newest, subjects[some], self.weights, now, _HALF_LIVES, sums
            )
        with history.lock:
            self._sums, self._landmark = sums, now

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        with self._history.lock:
            self._fit()
            return {"sums": self._sums, "landmark": np.array([self._landmark])}

    def restore(self, arrays: Arrays, weights: Mapping[str, float]) -> None:
        """Become what `dump` described, by these weights; the history was restored too."""
        with self._history.lock:
            self._sums, self._landmark = arrays["sums"], int(arrays["landmark"][0])
            self._weights = KindWeights(dict(weights))

    def by_id(self, now: int) -> dict[str, tuple[float, ...]]:
        """Return item id -> all its sums at `now`, of the items that have events."""
        with self._history.lock:
            ids, found = self._history.items, {}
            fading = [self._factor(span, now) for span in Span]
            for row in np.flatnonzero(self._sums[COUNTED, Span.ALL]).tolist():
                found[ids.id(row)] = tuple((self._sums[:, :, row] * fading).ravel().tolist())
            return found

    def _read(self, which: int, span: Span, now: int) -> Float64s:
        self._fit()
        sums: Float64s = self._sums[which, span, : self._history.items.capacity]
        return sums * self._factor(span, now)

    def _factor(self, span: Span, now: int) -> float:
        if span is Span.ALL:
            return 1.0
        return float(2.0 ** min((self._landmark - now) / _HALF_LIVES[span], 1000.0))

    def _count(self, item: int, kind: int, at: int, step: int) -> None:
        weight = float(self.weights[kind])
        if weight != 0.0:
            if item >= self._sums.shape[2]:
                self._fit()
            count(self._sums, item, at - self._landmark, weight, _HALF_LIVES, step)

    @property
    def named_weights(self) -> Mapping[str, float]:
        return self._weights.named

    @property
    def weights(self) -> Float64s:
        """The weights by the code of the kind, shape (256,)."""
        return self._weights.by_code(self._history.vocabulary.kinds)

    def _fit(self) -> None:
        items, have = self._history.items.capacity, self._sums.shape[2]
        if items > have:
            room = np.zeros((*self._sums.shape[:2], max(items, have + have // 4)))
            room[:, :, :have] = self._sums
            self._sums = room
