"""The stage in which a list is chosen from a pool that is larger than the page."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from app.recommender.context import RankingContext, ShopMemory
from app.recommender.rerankers.variants import Drawn, Variants
from app.recommender.stages import Choice, Mask, Pool, Ranked, Reranker, Scored, Scorer, to_ranked

MOST = 2000
"""Candidates of one scorer; more only where the page itself lies further down."""
_GROWTH = 4


class Reranking:
    """Chooses lists by the re-rankers of a shelf. All variants of a product are one candidate."""

    def __init__(self, memory: ShopMemory, rerankers: Sequence[Reranker]) -> None:
        self._rerankers = rerankers
        self._catalogue = memory.catalogue
        self._variants = Variants(memory)

    def applies(self, ctx: RankingContext) -> bool:
        if not self._rerankers:
            return False
        return self._variants.exist or any(each.candidates(ctx, 1) for each in self._rerankers)

    def ranked(
        self, ctx: RankingContext, mask: Mask, scorers: Sequence[Scorer]
    ) -> tuple[str | None, list[Ranked]]:
        """Return what made the list, and the list down to the end of the page.

        mask : without what earlier pages showed it would be another pool for each page; so that
        all pages make one list, these items are in the pool and have their places already.
        """
        shown = [self._catalogue.row(item_id) for item_id in ctx.query.shown]
        beside = [self._catalogue.row(item_id) for item_id in ctx.query.beside]
        making = _Making(ctx, shown, beside, self._variants, self._rerankers)
        made_by: str | None = None
        for scorer in scorers:
            if made_by is not None and (ctx.query.min_score or 0.0) > 0.0:
                break  # what only fills up has no score of the kind that was asked for
            scored = scorer(ctx)
            if scored is None:
                continue
            found = making.add(scored, mask, fallback=made_by is not None)
            if made_by is None and (found or scored.strategy == ctx.query.begun):
                made_by = scored.strategy
            if making.is_full:
                break
            mask = making.left()
        return made_by, making.ranked()


class _Making:
    """One list: the candidates of each scorer, and which of them are chosen."""

    def __init__(
        self,
        ctx: RankingContext,
        shown: Sequence[int | None],
        beside: Sequence[int | None],
        variants: Variants,
        rerankers: Sequence[Reranker],
    ) -> None:
        """shown, beside : rows, as the query has the items."""
        query = ctx.query
        self._parts: list[Drawn] = []
        self._ctx = ctx
        self._variants = variants
        self._rerankers = rerankers
        self._earlier = shown
        self._shown = {row for row in (*shown, *beside) if row is not None}
        self._groups = {variants.group(row) for row in self._shown} - {None}
        self._needed = query.offset + query.n
        self._places = len(shown) + self._needed
        self._chosen: list[int] = []

    @property
    def is_full(self) -> bool:
        return len(self._chosen) >= self._needed

    def add(self, scored: Scored, mask: Mask, *, fallback: bool) -> bool:
        """Draw candidates of one more scorer, and choose anew; return whether it knows any."""
        most = max(MOST, self._places)
        wanted = max(each.candidates(self._ctx, self._places) for each in self._rerankers)
        size = min(max(wanted, self._places), most)
        part = Drawn(scored, fallback, mask.copy())
        self._parts.append(part)
        while True:
            self._variants.draw(self._ctx, part, size, most)
            self._chosen = self._choose()
            if self.is_full or part.ended or size == most:
                return not self._taken(part.rows).all()
            size = min(_GROWTH * size, most)

    def left(self) -> Mask:
        """Return what the scorers so far do not know."""
        self._variants.strike_variants(self._parts[-1])
        return self._parts[-1].left

    def ranked(self) -> list[Ranked]:
        """Return what is chosen."""
        explain = self._ctx.query.explain
        places = [(part, at) for part in self._parts for at in range(len(part.rows))]
        return [
            to_ranked(
                np.array([part.rows[at]]), part.scored, fallback=part.fallback, explain=explain
            )[0]
            for part, at in map(places.__getitem__, self._chosen)
        ]

    def _choose(self) -> list[int]:
        pool = self._pool()
        choices = [
            each.begin(self._ctx, pool)
            for each in self._rerankers
            if each.candidates(self._ctx, self._places)
        ]
        return choose(pool, choices, self._needed)

    def _pool(self) -> Pool:
        rows = list(chain.from_iterable(part.rows for part in self._parts))
        standings = chain.from_iterable(part.standings for part in self._parts)
        return Pool(
            np.array(rows, np.int32),
            np.fromiter(standings, np.float64, len(rows)),
            sum(len(part.rows) for part in self._parts if not part.fallback),
            self._taken(rows),
            self._earlier,
        )

    def _taken(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        shown, groups, group = self._shown, self._groups, self._variants.group
        if not shown:
            return np.zeros(len(rows), np.bool_)
        if not groups:
            return np.array([row in shown for row in rows], np.bool_)
        return np.array([row in shown or group(row) in groups for row in rows], np.bool_)


def choose(pool: Pool, choices: Sequence[Choice], needed: int) -> list[int]:
    """Return which items of a pool take the next places: each the one that gains most there.

    Of equal gains the first in the pool wins. Fewer where nothing else may stand.
    """
    bars = np.where(pool.taken, -np.inf, 0.0)
    chosen: list[int] = []
    while len(chosen) < needed and bars.size:
        place = len(pool.earlier) + len(chosen)
        gains = [found for choice in choices if (found := choice.gains(place)) is not None]
        if not gains:
            chosen += np.flatnonzero(bars == 0.0)[: needed - len(chosen)].tolist()
            break
        total = sum(gains, start=bars)
        at = int(total.argmax())
        if total[at] == -np.inf:
            break
        chosen.append(at)
        bars[at] = -np.inf
        for choice in choices:
            choice.take(at, place)
    return chosen
