"""What comes next in a visit.

    P(j | i) = events about i that were followed by one about j / (events about i + a),   a = 3

over the last 300 events of positive weight about i; "followed" means that the subject's next such
event about another item came within the visit. Of a subject the last 3 items count 1, 1/2, 1/4:

    T(j) = sum over those items of  weight * P(j | item) / sum of the weights
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.tables import behaviour_kernels as kernels
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.event_record import EventRows
from app.engine.tables.history import History

EVENTS = 300
"""Of an item, that are looked at: the last to arrive."""
CLICKS = 3
"""Items of a subject that count."""
_PRIOR = 3.0


class After(NamedTuple):
    """What came next after one item. Arrays have shape (n,)."""

    item: int
    weight: float
    """Of the item among the subject's last ones; the weights sum to 1."""
    rows: Int32s
    shares: Float64s
    """P(j | item)."""


class Next:
    """What comes next for one subject. Good while the lock is held."""

    def __init__(self, after: list[After], items: int) -> None:
        self._after = after
        self._items = items

    def __bool__(self) -> bool:
        return any(after.rows.size for after in self._after)

    @cached_property
    def scores(self) -> Float64s:
        """T of every item, in [0, 1], shape (items.capacity,); 0 for the subject's last items."""
        scores = np.zeros(self._items)
        for after in self._after:
            scores[after.rows] += after.weight * after.shares
        scores[[after.item for after in self._after]] = 0.0
        return scores

    def why(self, row: int) -> list[tuple[int, float]]:
        """Return the items that lead to this one and P(row | item), what says most first."""
        found = [
            (after, float(after.shares[at]))
            for after in self._after
            for at in np.flatnonzero(after.rows == row).tolist()
        ]
        found.sort(key=lambda pair: (-pair[0].weight * pair[1], pair[0].item))
        return [(after.item, share) for after, share in found]


class Transitions:
    """Reads in a history what comes next. Guarded by its lock."""

    def __init__(self, history: History, tally: Tally) -> None:
        self._history = history
        self._tally = tally

    def after(self, items: Sequence[int], weights: Float64s, *, patience: int) -> Next:
        """Look at what came after items (rows, the last one first).

        weights : shape (256,), by code of the kind. patience : ms until a visit is over.
        """
        share = 0.5 ** np.arange(len(items))
        share /= share.sum()
        found = [
            After(item, weight, *self.shares(item, weights, patience=patience))
            for item, weight in zip(items, share.tolist(), strict=True)
        ]
        return Next(found, self._history.items.capacity)

    def shares(self, item: int, weights: Float64s, *, patience: int) -> tuple[Int32s, Float64s]:
        """Return the rows of what came after one item, and P(row | item)."""
        history = self._history
        rows, counts, steps = kernels.count_after(
            history.events, history.of_item, item, EVENTS, patience, weights, self._tally.room
        )
        return rows, counts / (steps + _PRIOR)

    def subjects(self, item: int, row: int, weights: Float64s, *, patience: int) -> Int32s:
        """List who went on from one item to another (rows), once for each time."""
        history = self._history
        return kernels.subjects_who_went_on(
            history.events, history.of_item, item, row, EVENTS, patience, weights
        )


def last_items(events: EventRows, weights: Float64s, since: int) -> list[int]:
    """List the last `CLICKS` items of one subject's events (newest first), each once.

    Only events of positive weight from `since` (ms) on count.
    """
    wanted = events["item"][(weights[events["kind"]] > 0.0) & (events["at"] >= since)]
    return list(dict.fromkeys(wanted.tolist()))[:CLICKS]
