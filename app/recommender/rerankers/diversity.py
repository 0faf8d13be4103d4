"""The dial between what is most relevant and what is unlike all before it.

Maximal marginal relevance (Carbonell and Goldstein, "The use of MMR, diversity-based reranking for
reordering documents and producing summaries", SIGIR 1998). Each place goes to the item i with
the largest

    (1 - d) rel(i) - d max_j sim(i, j)

over the items j on the places before, with the dial d; the maximum over none is 0.
"""

from collections.abc import Callable

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Choice, Pool, Scores

WINDOW = 400
"""The best items of a list that are put in another order; the same for all of its pages."""
_BEHIND = -2.0  # less than any marginal relevance
_Likeness = Callable[[Int32s], Callable[[int], Float64s]]


class Diversity:
    """Setting `diversity`, the dial d; sim is that of the fused feature vectors."""

    def __init__(self, memory: ShopMemory) -> None:
        self._features = memory.tables.features

    def candidates(self, ctx: RankingContext, places: int) -> int:
        return max(places, WINDOW) if ctx.settings.diversity > 0.0 else 0

    def begin(self, ctx: RankingContext, pool: Pool) -> Choice:
        return _Marginal(pool, ctx.settings.diversity, self._features.among)


class _Marginal:
    def __init__(self, pool: Pool, dial: float, among: _Likeness) -> None:
        self._pool = pool
        self._among = among
        self._size = min(WINDOW, pool.scored)
        self._rows = pool.rows[: self._size]
        self._open = self._size - int(np.count_nonzero(pool.taken[: self._size]))
        self._dial = dial
        self._relevance = (1.0 - dial) * relevance(pool.standings[: self._size])
        self._closest: Float64s | None = None
        self._similar = among(self._rows)
        earlier = [row for row in pool.earlier if row is not None]
        if self._open and earlier:
            self._take_in(np.array(earlier, np.int32))

    def gains(self, place: int) -> Scores | None:
        if not self._open:
            return None
        gains = np.full(self._pool.rows.size, _BEHIND)
        closest = 0.0 if self._closest is None else self._closest
        # the order in which a worker's vectors stand may show in the last digits
        gains[: self._size] = np.round(self._relevance - self._dial * closest, 9)
        return gains

    def take(self, at: int, place: int) -> None:
        if at < self._size:
            self._open -= 1
            self._see(self._similar(at))
        elif self._open:
            self._take_in(self._pool.rows[at : at + 1])

    def _take_in(self, others: Int32s) -> None:
        similar = self._among(np.concatenate([self._rows, others]))
        for at in range(self._size, self._size + others.size):
            self._see(similar(at)[: self._size])

    def _see(self, similarities: Float64s) -> None:
        closest = self._closest
        self._closest = similarities if closest is None else np.maximum(closest, similarities)


def relevance(standings: Scores) -> Float64s:
    """Return scores brought to 0..1, the best of them 1; all 1 where they are equal."""
    low, high = standings.min(initial=np.inf), standings.max(initial=-np.inf)
    if not low < high:
        return np.ones(standings.size)
    found: Float64s = (standings - low) / (high - low)
    return found
