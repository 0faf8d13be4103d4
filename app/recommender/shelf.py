"""How any list of items is made.

    sources -> filters -> scorers -> pool -> re-rankers -> page -> reasons

A shelf is put together from stages, and is a row of the table in `shelves`. Stages work on whole
arrays over item rows, so that filters act before the top n and pages stay full.
"""

from collections.abc import Sequence

from app.domain.explanations import Explanation
from app.domain.recommendations import Page, Query, Recommended
from app.domain.settings import ShopSettings, Strategy
from app.engine.recommenders.ranking import top_n
from app.recommender.context import RankingContext, ShopMemory, make_context
from app.recommender.reranking import Reranking
from app.recommender.stages import (
    Filter,
    Mask,
    Ranked,
    Reranker,
    Scored,
    Scorer,
    Source,
    to_ranked,
)


class Shelf:
    """A list of items. Scorers stand in order of preference: later ones fill what is missing."""

    def __init__(
        self,
        memory: ShopMemory,
        *,
        sources: Sequence[Source],
        scorers: Sequence[Scorer],
        filters: Sequence[Filter] = (),
        rerankers: Sequence[Reranker] = (),
        strategy: str = Strategy.POPULAR,
        needs: Sequence[str] = (),
        takes: Sequence[str] = (),
    ) -> None:
        """Put a shelf together; `strategy` names it on a page where nothing stands.

        `needs` and `takes` name what a query must and may say the shelf is about: `subject`,
        `item_id`, `items`, `category`, `window`.
        """
        self._tables = memory.tables
        self._catalogue = memory.catalogue
        self._sources = sources
        self.filters = filters
        self.scorers = scorers
        self._reranking = Reranking(memory, rerankers)
        self.strategy = strategy
        self.needs = tuple(needs)
        self.takes = (*needs, *takes)

    def fill(self, query: Query, settings: ShopSettings) -> Page:
        """Return the page that is asked for. settings : as `context.settings_for` has them."""
        with self._tables.lock:
            ctx = make_context(self._tables, query, settings)
            strategy, ranked = self.ranked(ctx, self.scorers)
            at = query.offset
            shown = [self._render(query, place) for place in ranked[at:]]
            passed = tuple(self._tables.items.id(place.candidate.row) for place in ranked[:at])
            return Page(strategy or self.strategy, shown, passed)

    def scored(self, query: Query, settings: ShopSettings) -> list[Scored]:
        """Return what each scorer that knows anything says of every item, nothing left out.

        Rows are good only under the lock: call with it held.
        """
        with self._tables.lock:
            ctx = make_context(self._tables, query, settings)
            found = (scorer(ctx) for scorer in self.scorers)
            return [scored for scored in found if scored is not None]

    def ranked(
        self, ctx: RankingContext, scorers: Sequence[Scorer]
    ) -> tuple[str | None, list[Ranked]]:
        """Return what made the list, and the list down to the end of the page.

        Call with the lock held. scorers : the shelf's own, or what stands in for each.
        """
        mask = self.mask(ctx)
        if self._reranking.applies(ctx):
            return self._reranking.ranked(ctx, mask, scorers)
        return self._ranked(ctx, mask, scorers)

    def mask(self, ctx: RankingContext) -> Mask:
        """Return 1 for every row that may be shown; with the lock held."""
        mask = self._sources[0](ctx)
        for source in self._sources[1:]:
            mask |= source(ctx)
        for reject in self.filters:
            reject(ctx, mask)
        return mask

    def _ranked(
        self, ctx: RankingContext, mask: Mask, scorers: Sequence[Scorer]
    ) -> tuple[str | None, list[Ranked]]:
        query = ctx.query
        for item_id in (*query.shown, *query.beside):
            row = self._catalogue.row(item_id)
            if row is not None:
                mask[row] = 0
        made_by: str | None = None
        ranked: list[Ranked] = []
        for scorer in scorers:
            missing = query.offset + query.n - len(ranked)
            if missing <= 0:
                break
            if made_by is not None and (query.min_score or 0.0) > 0.0:
                break  # what only fills up has no score of the kind that was asked for
            scored = scorer(ctx)
            if scored is None:
                continue
            ranked += self._rank(ctx, scored, mask, missing, filler=made_by is not None)
            if made_by is None and (ranked or scored.strategy == query.begun):
                made_by = scored.strategy
        return made_by, ranked

    def _rank(
        self, ctx: RankingContext, scored: Scored, mask: Mask, missing: int, *, filler: bool
    ) -> list[Ranked]:
        rows = top_n(
            scored.scores,
            self._tables.items,
            n=missing,
            allowed=mask,
            min_score=ctx.query.min_score,
            positive=scored.evidence_only,
        )
        mask[rows] = 0
        return to_ranked(rows, scored, fallback=filler, explain=ctx.query.explain)

    def _render(self, query: Query, place: Ranked) -> Recommended:
        candidate, scored, explanation = place.candidate, place.scored, None
        if query.explain:
            explanation = Explanation(candidate.parts, tuple(scored.reasons(candidate)))
        score = round(candidate.score, 9)
        fallback = scored.strategy if place.fallback else None
        return Recommended(self._catalogue.product(candidate.row), score, explanation, fallback)
