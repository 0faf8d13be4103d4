"""What behaviour says of preferences: from events to the values that fade.

    S(u, i)  = sum over u's events k about i of  w_k 2^-((t - t_k) / H),  t: the last of the t_k
    value    = top * S / (|S| + c) * 2^-((now - t) / H)

w_k is the weight of the event's kind, H the half-life, c the saturation: |value| stays below
the top of the rating scale however often something is repeated. The sum and its saturation are
as of the pair's last event; the fading since is exact at every moment, because all implied values
fade together. They are stored as of one landmark L, value * 2^((now - L) / H); a reader multiplies
the explicit ones by g = 2^((now - L) / H) instead ("forward decay": Cormode, Shkapenyuk,
Srivastava, Xu, 2009).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s, Int64s
from app.engine.tables import history_kernels as kernels
from app.engine.tables.event_record import Codes, EventRows, KindWeights
from app.engine.tables.history import History

DAY_MS = 86_400_000.0
_STEP = 32.0  # half-lives between two landmarks
_MOST_HALF_LIVES = 60.0  # since the landmark; float32 ends at 127
_FARTHEST = 100.0  # an event after a clock that was put back counts as if it were no later


@dataclass(frozen=True)
class Formula:
    """The parameters above; weights by the name of the kind, half_life in days."""

    weights: Mapping[str, float]
    half_life: float
    saturation: float
    top: float

    def value(self, total: Float64s) -> Float64s:
        saturated: Float64s = self.top * total / (np.abs(total) + self.saturation)
        return saturated

    def of_events(self, events: EventRows, kinds: Codes, now: float) -> dict[int, float]:
        """Return item row -> value at `now` (ms), of one subject's events, newest first.

        kinds : the codes that the events bear.
        """
        half_life = self.half_life * DAY_MS
        sums: dict[int, float] = {}
        last: dict[int, int] = {}
        for event in events:
            weight = self.weights.get(kinds.word(int(event["kind"])), 0.0)
            if weight:
                item, at = int(event["item"]), int(event["at"])
                since = last.setdefault(item, at) - at
                sums[item] = sums.get(item, 0.0) + weight * 2.0 ** (-since / half_life)
        values = self.value(np.array(list(sums.values()))).tolist()
        return {
            item: value * 2.0 ** min((last[item] - now) / half_life, _FARTHEST)
            for item, value in zip(sums, values, strict=True)
        }


@dataclass(frozen=True)
class Landmark:
    """The time L (ms since 1970) that implied values are stored as of, and how fast they fade."""

    at: float
    half_life: float
    """Milliseconds."""

    @classmethod
    def near(cls, now: float, half_life: float) -> "Landmark":
        """Return the landmark of a time, the same one for a long while.

        Stored values are rounded to float32: processes that agree on it agree on every digit.
        """
        period = _STEP * half_life
        return cls(math.floor(now / period) * period, half_life)

    def factor(self, now: float) -> float:
        """Return g: what a value of `now` must be multiplied by to be as of the landmark."""
        return float(2.0 ** min((now - self.at) / self.half_life, 1000.0))

    def is_far(self, now: float) -> bool:
        """Return whether stored values are about to grow too large."""
        return bool((now - self.at) / self.half_life > _MOST_HALF_LIVES)


class Implied:
    """Implied values of a history, as of a landmark. Not locked."""

    def __init__(self, history: History, formula: Formula, landmark: Landmark) -> None:
        self._history = history
        self.formula = formula
        self.landmark = landmark
        self._weights = KindWeights(formula.weights)

    @property
    def weights(self) -> Float64s:
        """The weights by the code of the kind, shape (256,)."""
        return self._weights.by_code(self._history.vocabulary.kinds)

    def of_pair(self, subject: int, item: int) -> float | None:
        """Return the stored value of one pair of rows; None where no event says anything."""
        history = self._history
        total, last = kernels.strength(
            history.events, history.newest, subject, item, self.weights, self.landmark.half_life
        )
        if last == 0:
            return None
        return float(self._stored(np.array([total]), np.array([last]))[0])

    def of_subjects(self, subjects: Int32s) -> tuple[Int32s, Int32s, Float32s]:
        """Return subjects, items and stored values of all pairs of these subjects, shapes (n,)."""
        history = self._history
        room = history.count_of(subjects)
        rows = np.empty(room, np.int32), np.empty(room, np.int32)
        found = np.empty(room), np.empty(room, np.int64)
        n_items = history.items.capacity
        count = kernels.strengths(
            history.events, history.newest, subjects, self.weights, self.landmark.half_life,
            np.zeros(n_items), np.zeros(n_items, np.int64), rows, found,
        )  # fmt: skip
        values = self._stored(found[0][:count], found[1][:count])
        return rows[0][:count], rows[1][:count], values

    def _stored(self, totals: Float64s, times: Int64s) -> Float32s:
        since = np.minimum((times - self.landmark.at) / self.landmark.half_life, _FARTHEST)
        stored: Float32s = (self.formula.value(totals) * np.exp2(since)).astype(np.float32)
        return stored
