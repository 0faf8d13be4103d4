"""Variants of a product: one item of a group stands for all."""

from dataclasses import dataclass, field

import numpy as np

from app.engine.jit import Int32s
from app.engine.recommenders.ranking import SCORE_SCALE, best_rows, least_score, top_n
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Mask, Scored


@dataclass(slots=True)
class Drawn:
    """Candidates of one scorer, the best first, no two of one group."""

    scored: Scored
    fallback: bool
    """Whether they only fill the list up."""
    left: Mask
    """What may still be drawn, but for variants of `groups`."""
    rows: list[int] = field(default_factory=list)
    standings: list[float] = field(default_factory=list)
    """What each is ranked by: its score, or the best one of its group."""
    groups: list[str] = field(default_factory=list)
    """Those of the last rows that were drawn."""
    ended: bool = False
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

    def draw(self, ctx: RankingContext, drawn: Drawn, size: int, most: int) -> None:
        """Draw until there are at least `size`, unless the scorer has fewer, and at most `most`."""
        asked, seen = size - len(drawn.rows), 0
        while asked > 0 and not drawn.ended:
            self.strike_variants(drawn)
            rows = self._best(ctx, drawn.scored, drawn.left, asked)
            drawn.ended = rows.size < asked
            self._add(ctx, drawn, rows)
            drawn.left[rows] = 0
            missing, seen = size - len(drawn.rows), seen + rows.size
            # as many more as there were variants among those
            asked = min(missing * (1 + seen // max(1, len(drawn.rows))), most - len(drawn.rows))

    def strike_variants(self, drawn: Drawn) -> None:
        """Leave nothing to be drawn of the groups that somebody stands for."""
        for group in drawn.groups:
            drawn.left[self._catalogue.facets.members(group)] = 0
        drawn.groups = []

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
        facets = self._catalogue.facets
        scores = np.round(drawn.scored.scores[rows], 9).tolist()
        has_group, in_stock = facets.has_group(rows).tolist(), facets.in_stock(rows).tolist()
        seen: set[str] = set()
        for at, row in enumerate(rows.tolist()):
            group = self.group(row) if has_group[at] else None
            if group in seen:
                continue
            if group is not None:
                seen.add(group)
                row = row if in_stock[at] else self._stand_in(ctx, drawn, row, group)
            drawn.rows.append(row)
            drawn.standings.append(scores[at])
        drawn.groups = list(seen)

    def _stand_in(self, ctx: RankingContext, drawn: Drawn, best: int, group: str) -> int:
        """Return the best row of a group that is in stock, else the best of all."""
        facets, scored = self._catalogue.facets, drawn.scored
        members = facets.members(group)
        members = members[(drawn.left[members] > 0) & facets.in_stock(members)]
        scores = np.rint(scored.scores[members] * SCORE_SCALE)
        enough = scores >= least_score(ctx.query.min_score, positive=scored.evidence_only)
        found = best_rows(members[enough], scores[enough], self._items, n=1)[0]
        return int(found[0]) if found.size else best
