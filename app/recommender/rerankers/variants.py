"""Variants of a product: one item of a group stands for all."""

from dataclasses import dataclass

import numpy as np

from app.engine.jit import Int32s
from app.engine.recommenders.ranking import SCORE_SCALE, best_rows, least_score, top_n
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Mask, Scored

_AHEAD = 4  # rows asked for in place of each that was a further variant


@dataclass(slots=True)
class Drawn:
    """Candidates of one scorer, the best first, no two of one group."""

    scored: Scored
    fallback: bool
    rows: list[int]
    standings: list[float]
    """What each is ranked by: its score, or the best one of its group."""
    left: Mask
    """What may still be drawn."""
    ended: bool
    """Whether the scorer has no more."""


class Variants:
    """Draws candidates, at most one of a group.

    The best-scored item in stock stands for its group, at the place of the group's best one; where
    none is in stock, that one does.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._items = memory.tables.items
        self._catalogue = memory.catalogue

    @property
    def exist(self) -> bool:
        return self._catalogue.facets.grouped > 0

    def group(self, row: int) -> str | None:
        return self._catalogue.product(row).group_id if self.exist else None

    def draw(self, ctx: RankingContext, scored: Scored, mask: Mask, size: int, most: int) -> Drawn:
        """Return at least `size` candidates, unless the scorer has fewer, and at most `most`."""
        drawn = Drawn(scored, False, [], [], mask.copy(), ended=False)
        asked = size
        while asked > 0 and not drawn.ended:
            rows = self._best(ctx, scored, drawn.left, asked)
            drawn.ended = rows.size < asked
            self._add(ctx, drawn, rows)
            drawn.left[rows] = 0
            missing = size - len(drawn.rows)
            asked = min(_AHEAD * missing, most - len(drawn.rows))
        return drawn

    def _best(self, ctx: RankingContext, scored: Scored, mask: Mask, n: int) -> Int32s:
        return top_n(
            scored.scores,
            self._items,
            n=n,
            allowed=mask,
            min_score=ctx.query.min_score,
            positive=scored.evidence_only,
        )

    def _add(self, ctx: RankingContext, drawn: Drawn, rows: Int32s) -> None:
        """Add rows, the best first; none of them is of a group that was drawn before."""
        has_group = self._catalogue.facets.has_group(rows).tolist()
        scores = np.round(drawn.scored.scores[rows], 9).tolist()
        seen: set[str | None] = set()
        for row, standing, grouped in zip(rows.tolist(), scores, has_group, strict=True):
            group = self.group(row) if grouped else None
            if group in seen:
                continue
            if group is not None:
                seen.add(group)
                row = self._stand_in(ctx, drawn, row, group)
            drawn.rows.append(row)
            drawn.standings.append(standing)

    def _stand_in(self, ctx: RankingContext, drawn: Drawn, best: int, group: str) -> int:
        """Return the row that stands for a group, and draw nothing of it again."""
        facets, scored = self._catalogue.facets, drawn.scored
        members = facets.members(group)
        allowed = members[(drawn.left[members] > 0) & facets.in_stock(members)]
        drawn.left[members] = 0
        if facets.in_stock(np.array([best])).all():
            return best
        scores = np.rint(scored.scores[allowed] * SCORE_SCALE)
        enough = scores >= least_score(ctx.query.min_score, positive=scored.evidence_only)
        found = best_rows(allowed[enough], scores[enough], self._items, n=1)[0]
        return int(found[0]) if found.size else best
