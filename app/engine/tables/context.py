"""How much more a category is wanted in a daypart, on a weekend, on a device, in a country.

Of a category c, with E_c events of positive weight, s_cx is the share of their weight that falls to
the value x of a dimension, and s_x the share of all categories' weight:

    lift(c, x) = (E_c s_cx + m p) / (E_c s_x + m)

so that it is what was observed over what was to be expected, drawn towards p by m = 100 events'
worth: three events lift by three percent at most, thousands by what they say. Of a category, p is
the lift, with 1 for p, of all others under the same top level taken together. Events whose device
or country is not known say nothing of that dimension.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.engine.jit import Events, Float64s, Int32s, Int64s, kernel, short_kernel
from app.engine.tables.categories import NO_CATEGORY, SEPARATOR
from app.engine.tables.history import History

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_MONDAY = 3  # the weekday of 1 January 1970, a Thursday
_SATURDAY = 5
PRIOR_EVENTS = 100.0
LEAST, MOST = 0.5, 2.0
"""Between which all lifts together stay."""
DAYPARTS = ("night", "early morning", "morning", "afternoon", "evening", "late evening")
"""Four hours each, from midnight on."""
WEEKDAYS = ("working days", "weekend")


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


class Moment(NamedTuple):
    """Where and when somebody looks: the value of each dimension; None: not known."""

    hour: str | None = None
    """One of DAYPARTS."""
    weekday: str | None = None
    """One of WEEKDAYS."""
    device: str | None = None
    country: str | None = None


def moment(hour: int, weekday: int, *, device: str | None, country: str | None) -> Moment:
    """Return the moment of a local hour (0 to 23) and weekday (0: Monday)."""
    return Moment(DAYPARTS[hour // 4], WEEKDAYS[weekday >= 5], device, country)


@dataclass(frozen=True)
class Lifts:
    """What was learned: a lift for each value of a dimension and each category."""

    table: Float64s
    """Shape (values, categories by code)."""
    place_of: Mapping[tuple[str, str], int]
    """(dimension, value) -> row of the table."""

    def of(self, now: Moment) -> dict[str, Float64s]:
        """Return the lifts of every category by those dimensions whose value was seen."""
        places = ((name, self.place_of.get((name, value))) for name, value in _known(now))
        return {name: self.table[place] for name, place in places if place is not None}


def _known(now: Moment) -> list[tuple[str, str]]:
    pairs = zip(Moment._fields, now, strict=True)
    return [(name, value) for name, value in pairs if value is not None]


def together(lifts: Mapping[str, Float64s], strength: float) -> Float64s:
    """Return the product of the dimensions' lifts to the power of `strength`, within bounds."""
    product: Float64s = np.prod(list(lifts.values()), axis=0) ** strength
    return np.clip(product, LEAST, MOST)


class ContextCounts:
    """Counts a history in steps, and learns from that. Call with the history's lock held."""

    def __init__(self, history: History, paths: Sequence[str], weights: Float64s) -> None:
        """Begin; `paths` are the categories by code, `weights` those of kinds by code."""
        self._history = history
        self._weights = weights
        self._paths = tuple(paths)
        words = history.vocabulary
        self._values = (
            DAYPARTS,
            WEEKDAYS,
            tuple(words.devices.words[1:]),
            tuple(words.countries.words[1:]),
        )
        self._starts: Int64s = np.cumsum([0, *map(len, self._values)])
        self._weighed = np.zeros((int(self._starts[-1]), len(self._paths)))
        self._counted = np.zeros((len(self._values), len(self._paths)))

    def add(self, subjects: Int32s, categories: Int32s, first_day: int, offsets: Int64s) -> None:
        """Count the events of some subjects.

        categories : code by item row. first_day : days since 1970; offsets : ms between UTC and
        local time, for each day from then on; events of other days are left out.
        """
        count(
            self._history.events, self._history.newest, subjects, self._weights, categories,
            first_day, offsets, self._starts, self._weighed, self._counted,
        )  # fmt: skip

    def learn(self) -> Lifts | None:
        """Return the lifts, or None if nothing was counted; needs no lock."""
        if not self._counted.any():
            return None
        top_of = _tops(self._paths)
        tables: list[Float64s] = []
        place_of: dict[tuple[str, str], int] = {}
        for number, (name, values) in enumerate(zip(Moment._fields, self._values, strict=True)):
            start, end = self._starts[number : number + 2].tolist()
            tables.append(_lifts(self._weighed[start:end], self._counted[number], top_of))
            place_of |= {(name, value): start + at for at, value in enumerate(values)}
        table = np.concatenate(tables)
        table[:, NO_CATEGORY] = 1.0
        return Lifts(table, place_of)


def _tops(paths: Sequence[str]) -> Int64s:
    """Number the top levels; return the number of each path's own."""
    numbers: dict[str, int] = {}
    tops = [numbers.setdefault(path.split(SEPARATOR)[0], len(numbers)) for path in paths]
    return np.array(tops, np.int64)


def _lifts(weighed: Float64s, counted: Float64s, top_of: Int64s) -> Float64s:
    """Return the lifts of one dimension, shape (values, categories), by the formula above."""
    if not weighed.any():
        return np.ones_like(weighed)
    share = weighed.sum(axis=1, keepdims=True) / weighed.sum()
    totals = weighed.sum(axis=0)
    own = np.divide(weighed, totals, out=np.zeros_like(weighed), where=totals > 0.0)
    observed, expected = counted * own, counted * share
    others = _others(observed, top_of), _others(expected, top_of)
    prior = (others[0] + PRIOR_EVENTS) / (others[1] + PRIOR_EVENTS)
    lifts: Float64s = (observed + PRIOR_EVENTS * prior) / (expected + PRIOR_EVENTS)
    return lifts


def _others(amounts: Float64s, top_of: Int64s) -> Float64s:
    """Return what the other categories under each one's top level sum to, shape as `amounts`."""
    sums = np.array([np.bincount(top_of, row)[top_of] for row in amounts])
    others: Float64s = sums - amounts
    return others
