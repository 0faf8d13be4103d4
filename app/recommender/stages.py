"""The stages that a list is made by, and what they hand on. Arrays have shape (item rows,)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.explanations import Reason
from app.domain.recommendations import Candidate
from app.engine.jit import Int32s
from app.recommender.context import RankingContext

Mask = NDArray[np.uint8]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scorer says of every item. Arrays have shape (item rows,)."""

    strategy: str
    scores: Scores
    parts: Callable[[int], Mapping[str, float]]
    """What each strategy gave one row, weights included: the parts sum to the score."""
    reasons: Callable[[Candidate], Sequence[Reason]] = lambda _: ()
    """Why a candidate with these parts is on a list."""
    evidence_only: bool = True
    """Whether a score of 0 means "nothing known" rather than a place at the end."""

    @classmethod
    def of_one(
        cls,
        strategy: str,
        scores: Scores,
        *,
        told: Callable[[int], Reason],
        evidence_only: bool = True,
    ) -> "Scored":
        """Return what one strategy says; told : its reason for a row."""
        return cls(
            strategy,
            scores,
            parts=lambda row: {strategy: float(scores[row])},
            reasons=lambda candidate: (told(candidate.row),),
            evidence_only=evidence_only,
        )

    def plus(
        self,
        name: str,
        scores: Scores,
        *,
        part: Callable[[int], float],
        told: Callable[[int], Reason | None],
    ) -> "Scored":
        """Return `scores` in place of these, the difference shown as one more part.

        part : the difference of a row; told : why, of a row with such a part.
        """

        def parts(row: int) -> Mapping[str, float]:
            own, amount = self.parts(row), part(row)
            return {**own, name: amount} if amount else own

        def reasons(candidate: Candidate) -> Sequence[Reason]:
            own = {other: p for other, p in candidate.parts.items() if other != name}
            former = candidate._replace(score=sum(own.values()), parts=own)
            why = told(candidate.row) if name in candidate.parts else None
            return (*self.reasons(former), *(() if why is None else (why,)))

        return replace(self, scores=scores, parts=parts, reasons=reasons)


class Source(Protocol):
    """Where candidates come from."""

    def __call__(self, ctx: RankingContext) -> Mask:
        """Return 1 for every row this source offers."""


class Filter(Protocol):
    """What may not be shown."""

    @property
    def name(self) -> str | None:
        """What it is called where somebody asks why; None: as the part of the query's filters."""

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        """Set the rows to 0 that may not be shown."""


class Scorer(Protocol):
    """How good an item is."""

    def __call__(self, ctx: RankingContext) -> Scored | None:
        """Return scores, or None if this scorer knows nothing that bears on the question."""


class Ranked(NamedTuple):
    """A place of a list."""

    candidate: Candidate
    scored: Scored
    """By what it was scored."""
    fallback: bool
    """Whether it only fills the list up."""


def to_ranked(rows: Int32s, scored: Scored, *, fallback: bool, explain: bool) -> list[Ranked]:
    """Return the places of rows that were scored; explain : whether anybody asks for the parts."""
    if fallback:  # the strategy of this page knows nothing of them
        return [Ranked(Candidate(row, 0.0), scored, True) for row in rows.tolist()]
    places = zip(rows.tolist(), scored.scores[rows].tolist(), strict=True)
    if not explain:  # parts are for people: nobody else pays for them
        return [Ranked(Candidate(row, score), scored, False) for row, score in places]
    return [
        Ranked(Candidate(row, score, scored.parts(row)), scored, False) for row, score in places
    ]


@dataclass(frozen=True, slots=True)
class Pool:
    """What a list is chosen from, m items, the best first. Rows are good only under the lock."""

    rows: Int32s
    standings: Scores
    """What each is ranked by, shape (m,): its score, or the best one of its group."""
    scored: int
    """How many of them, the first ones, are no mere fallback."""
    taken: NDArray[np.bool_]
    """Which may not be shown again, shape (m,): they, or others of their group, were."""
    earlier: Sequence[int | None]
    """The rows of what stands on earlier pages, in order; None for what left the catalogue."""


class Choice(Protocol):
    """What a re-ranker says of one list while that is chosen, place by place."""

    def gains(self, place: int) -> Scores | None:
        """Return what each of the pool is worth at a place, counted from 0 over all pages.

        Shape (m,); -inf: may not stand there. None: nothing to say of this place and all others.
        """

    def take(self, at: int, place: int) -> None:
        """Take in that the pool's item `at` has the place."""


class Reranker(Protocol):
    """What looks at the list as a whole."""

    def candidates(self, ctx: RankingContext, places: int) -> int:
        """Return how many candidates a list of so many places needs; 0: it does not apply."""

    def begin(self, ctx: RankingContext, pool: Pool) -> Choice:
        """Return what it says of a list, where it applies."""
