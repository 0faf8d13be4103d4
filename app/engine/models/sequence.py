"""What is taken up soon after what: counts over the order in which users came to their items.

    n_ij  = sum over users who came to j as their d-th item after i, or d-th before it, d <= window,
            of  fading^(d - 1),  before: times `back`
    P_ij  = n_ij / (sum over j of n_ij + 3),    s_ij = P_ij / n_j^popularity,   n_j users of j
    score = sum over the shopper's last items, k = 0 for the newest, of  forgetting^k s_ij / sum of
            forgetting^k

Of each item the `kept` largest s_ij stay. `items` of a shopper are given in order, oldest first;
where the order is not known, this model has nothing to say.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s, Int64s, kernel
from app.engine.models.model import Arrays, Interactions, Progress, demand, unheard
from app.engine.models.profile import positive

_PRIOR = 3.0
_ROWS = 256
"""Items between two notes of progress."""


@kernel
def add_neighbours(
    order: tuple[Int32s, Int64s],
    places: tuple[Int64s, Int64s],
    fading: Float64s,
    back: float,
    first: int,
    counts: Float64s,
) -> None:
    """Add up, for items from `first` on, how near every other follows, and `back` times precedes.

    order : items and their users, all users' items one after the other in order. places : starts,
    places in that order, by item. fading : by distance less 1. counts : shape (rows, n_items).
    """
    items, users = order
    starts, found = places
    for row in range(counts.shape[0]):
        sums = counts[row]
        for at in range(starts[first + row], starts[first + row + 1]):
            place = found[at]
            for step in range(fading.size):
                after, before = place + step + 1, place - step - 1
                if after < items.size and users[after] == users[place]:
                    sums[items[after]] += fading[step]
                if before >= 0 and users[before] == users[place]:
                    sums[items[before]] += fading[step] * back


@dataclass(frozen=True)
class SequenceParameters:
    window: int = 10
    fading: float = 0.9
    back: float = 0.5
    last: int = 10
    """Items of the shopper that are looked at."""
    forgetting: float = 0.8
    popularity: float = 0.3
    kept: int = 500

    def __post_init__(self) -> None:
        demand(
            window=self.window >= 1,
            fading=0 < self.fading <= 1,
            back=0 <= self.back < np.inf,
            last=self.last >= 1,
            forgetting=0 < self.forgetting <= 1,
            popularity=0 <= self.popularity <= 1,
            kept=self.kept >= 1,
        )


@dataclass(frozen=True)
class Sequence:
    kind: ClassVar[str] = "sequence"
    starts: Int64s
    """Shape (n_items + 1,): where the successors of each item begin."""
    successors: Int32s
    shares_of: Float32s
    """s_ij of each successor."""
    last: int
    forgetting: float

    @property
    def n_items(self) -> int:
        return int(self.starts.size - 1)

    def scores(
        self, items: Int32s, values: Float64s, *, weights: Float64s | None = None
    ) -> Float64s | None:
        scores = np.zeros(self.n_items)
        places, weights = self._last(values)
        for item, weight in zip(items[places].tolist(), weights.tolist(), strict=True):
            after = self._after(item)
            scores[self.successors[after]] += weight * self.shares_of[after]
        return scores if places.size else None

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        found = np.zeros(items.size)
        places, weights = self._last(values)
        for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
            after = self._after(int(items[place]))
            found[place] = weight * self.shares_of[after][self.successors[after] == item].sum()
        return found

    def _last(self, values: Float64s) -> tuple[Int64s, Float64s]:
        """Return the places of the last liked items, newest first, and weights of sum 1."""
        places = np.flatnonzero(values > 0.0)[::-1][: self.last].astype(np.int64)
        weights = self.forgetting ** np.arange(places.size)
        return places, weights / max(weights.sum(), 1.0)

    def _after(self, item: int) -> slice:
        return slice(int(self.starts[item]), int(self.starts[item + 1]))

    def arrays(self) -> Arrays:
        return {
            "starts": self.starts,
            "successors": self.successors,
            "shares_of": self.shares_of,
            "numbers": np.array([self.last, self.forgetting]),
        }

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        last, forgetting = arrays["numbers"].tolist()
        return cls(
            arrays["starts"], arrays["successors"], arrays["shares_of"], int(last), forgetting
        )


def fit_sequence(
    times: Interactions,
    *,
    parameters: SequenceParameters | None = None,
    progress: Progress = unheard,
) -> Sequence:
    """Fit to the times at which users came to items, shape (n_users, n_items), in any unit.

    Times not above 0 do not count; equal ones of a user are put in the order of item rows.
    """
    chosen = parameters or SequenceParameters()
    n_items = times.shape[1]
    fading: Float64s = np.power(chosen.fading, np.arange(chosen.window, dtype=np.float64))
    order, places = _ordered(times)
    users_of = np.maximum(np.diff(places[0]), 1).astype(np.float64) ** chosen.popularity
    found = [(np.empty(0, np.int32), np.empty(0, np.float32))]
    for first in range(0, n_items, _ROWS):
        counts = np.zeros((min(_ROWS, n_items - first), n_items))
        add_neighbours(order, places, fading, chosen.back, first, counts)
        for row in counts:
            found.append(_best(row / (row.sum() + _PRIOR) / users_of, chosen.kept))
        progress(first + len(counts), n_items)
    starts = np.cumsum([rows.size for rows, _ in found], dtype=np.int64)
    successors, shares = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return Sequence(starts, successors, shares, chosen.last, chosen.forgetting)


Order = tuple[tuple[Int32s, Int64s], tuple[Int64s, Int64s]]


def _ordered(times: Interactions) -> Order:
    """Return items and users in order, and where each item stands there, as the kernel wants."""
    matrix = positive(times, 1.0)
    users = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    by_time = np.lexsort((matrix.indices, matrix.data, users))
    items = matrix.indices[by_time].astype(np.int32)
    counts = np.bincount(items, minlength=matrix.shape[1])
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return (items, users[by_time]), (starts, np.argsort(items, kind="stable").astype(np.int64))


def _best(shares: Float64s, kept: int) -> tuple[Int32s, Float32s]:
    """Return the rows above 0 with the largest shares, in order of rows, and their shares."""
    rows = np.flatnonzero(shares > 0.0)
    if rows.size > kept:
        rows = np.sort(rows[np.argsort(-shares[rows], kind="stable")[:kept]])
    return rows.astype(np.int32), shares[rows].astype(np.float32)
