"""The seam: how any list of items is made.

    sources -> filters -> scorers -> re-rankers -> explanation

A shelf is put together from small parts, and is a row of the table in `shelves`. Parts work on
whole arrays over item rows, so that filters act before the top n and pages stay full.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.ratings import RatingScale
from app.domain.recommendations import Candidate, Page, Query, Recommended
from app.domain.settings import ShopSettings, Strategy
from app.engine.jit import Int32s
from app.engine.recommenders.ranking import top_n
from app.learning.learned import LearnedModels
from app.live.memory import Tables
from app.live.patterns import Contexts, LearnedHabits
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.sentences import sentence

Mask = NDArray[np.uint8]
Scores = NDArray[np.float64]
Reasons = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShopMemory:
    """What the parts of a shelf may use."""

    tables: Tables
    catalogue: CatalogueProjection
    contexts: Contexts
    habits: LearnedHabits
    learned: LearnedModels
    settings: Callable[[], ShopSettings]
    scale: RatingScale

    def named(self, row: int) -> dict[str, str | None]:
        """Return id and title of an item, for reasons; no title if it has left the catalogue."""
        item_id = self.tables.items.id(row)
        known = self.catalogue.has(item_id)
        return {"item_id": item_id, "title": self.catalogue.product(row).title if known else None}


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scorer says of every item. Arrays have shape (item rows,)."""

    strategy: str
    scores: Scores
    parts: Callable[[int], Mapping[str, float]]
    """What each strategy gave one row, weights included: the parts sum to the score."""
    reasons: Callable[[Candidate], Reasons] | None = None
    evidence_only: bool = True
    """Whether a score of 0 means "nothing known" rather than a place at the end."""

    @classmethod
    def of_one(
        cls,
        strategy: str,
        scores: Scores,
        *,
        told: Callable[[int], Any],
        evidence_only: bool = True,
    ) -> "Scored":
        """Return what one strategy says; told : its reason for a row, shown under its name."""

        def reasons(candidate: Candidate) -> Reasons:
            return {"parts": dict(candidate.parts), str(strategy): told(candidate.row)}

        return cls(
            strategy,
            scores,
            parts=lambda row: {strategy: float(scores[row])},
            reasons=reasons,
            evidence_only=evidence_only,
        )

    def plus(
        self,
        name: str,
        scores: Scores,
        *,
        part: Callable[[int], float],
        told: Callable[[int], Any],
    ) -> "Scored":
        """Return `scores` in place of these, the difference shown as one more part.

        part : the difference of a row; told : why, for people; nothing where there is no reason.
        """

        def parts(row: int) -> Mapping[str, float]:
            own, amount = self.parts(row), part(row)
            return {**own, name: amount} if amount else own

        def reasons(candidate: Candidate) -> Reasons:
            own = {other: p for other, p in candidate.parts.items() if other != name}
            former = candidate._replace(score=sum(own.values()), parts=own)
            found = self.reasons(former) if self.reasons else {}
            found["parts"] = {str(other): p for other, p in candidate.parts.items()}
            if why := told(candidate.row):
                found[name] = why
            return found

        return replace(self, scores=scores, parts=parts, reasons=reasons)


class Source(Protocol):
    """Where candidates come from."""

    def __call__(self, query: Query) -> Mask:
        """Return 1 for every row this source offers."""


class Filter(Protocol):
    """What may not be shown."""

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set the rows to 0 that may not be shown."""


class Scorer(Protocol):
    """How good an item is."""

    def __call__(self, query: Query) -> Scored | None:
        """Return scores, or None if this scorer knows nothing that bears on the query."""


class Reranker(Protocol):
    """What looks at the list as a whole."""

    def __call__(self, query: Query, ranked: list[Candidate]) -> list[Candidate]:
        """Return the candidates in a better order."""


class Shelf:
    """A list of items. Scorers stand in order of preference: later ones fill what is missing."""

    def __init__(
        self,
        tables: Tables,
        catalogue: CatalogueProjection,
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
        self._tables = tables
        self._catalogue = catalogue
        self._sources = sources
        self._filters = filters
        self._scorers = scorers
        self._rerankers = rerankers
        self._strategy = strategy
        self.needs = tuple(needs)
        self.takes = (*needs, *takes)

    def fill(self, query: Query) -> Page:
        """Return the page of the shelf that `query` asks for; its settings are all set."""
        tables = self._tables
        with tables.lock, tables.shopper.present(query):  # rows are good only under the lock
            mask = self._mask(query)
            strategy, ranked = self._ranked(query, mask)
            at = query.offset
            shown = [self._render(query, *place) for place in ranked[at:]]
            passed = tuple(self._tables.items.id(candidate.row) for candidate, _ in ranked[:at])
            return Page(strategy or self._strategy, shown, passed)

    def scored(self, query: Query) -> list[Scored]:
        """Return what each scorer that knows anything says of every item, nothing left out.

        Rows are good only under the lock: call with it held.
        """
        with self._tables.lock, self._tables.shopper.present(query):
            found = (scorer(query) for scorer in self._scorers)
            return [scored for scored in found if scored is not None]

    def _mask(self, query: Query) -> Mask:
        mask = self._sources[0](query)
        for source in self._sources[1:]:
            mask |= source(query)
        for reject in self._filters:
            reject(query, mask)
        for item_id in query.shown:
            row = self._catalogue.row(item_id)
            if row is not None:
                mask[row] = 0
        return mask

    def _ranked(
        self, query: Query, mask: Mask
    ) -> tuple[str | None, list[tuple[Candidate, Scored]]]:
        """Return what made the list, and the list down to the end of the page."""
        made_by: str | None = None
        ranked: list[tuple[Candidate, Scored]] = []
        for scorer in self._scorers:
            missing = query.offset + query.n - len(ranked)
            if missing <= 0:
                break
            if made_by is not None and (query.min_score or 0.0) > 0.0:
                break  # what only fills up has no score of the kind that was asked for
            scored = scorer(query)
            if scored is None:
                continue
            ranked += self._rank(query, scored, mask, missing, filler=made_by is not None)
            if made_by is None and (ranked or scored.strategy == query.begun):
                made_by = scored.strategy
        return made_by, ranked

    def _rank(
        self, query: Query, scored: Scored, mask: Mask, missing: int, *, filler: bool
    ) -> list[tuple[Candidate, Scored]]:
        rows = top_n(
            scored.scores,
            self._tables.items,
            n=missing,
            allowed=mask,
            min_score=query.min_score,
            positive=scored.evidence_only,
        )
        candidates = self._candidates(rows, scored, filler=filler, explain=query.explain)
        for reranker in self._rerankers:
            candidates = reranker(query, candidates)
        mask[rows] = 0
        return [(candidate, scored) for candidate in candidates]

    @staticmethod
    def _candidates(
        rows: Int32s, scored: Scored, *, filler: bool, explain: bool
    ) -> list[Candidate]:
        if filler:  # the strategy of this page knows nothing of them
            return [Candidate(row, 0.0) for row in rows.tolist()]
        places = zip(rows.tolist(), scored.scores[rows].tolist(), strict=True)
        if not explain:  # parts are for people: nobody else pays for them
            return [Candidate(row, score) for row, score in places]
        return [Candidate(row, score, scored.parts(row)) for row, score in places]

    def _render(self, query: Query, candidate: Candidate, scored: Scored) -> Recommended:
        reasons = None
        if query.explain and scored.reasons is not None:
            reasons = scored.reasons(candidate)
            # the order in which a worker's rows stand may show in the last digits
            reasons["parts"] = {name: round(p, 12) for name, p in reasons["parts"].items()}
            reasons["text"] = sentence(reasons)
        score = round(candidate.score, 9)
        return Recommended(self._catalogue.product(candidate.row), score, reasons)
