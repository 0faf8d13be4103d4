"""The stages that a list is made by, and what they hand on. Arrays have shape (item rows,)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.explanations import Reason
from app.domain.recommendations import Candidate
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

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        """Set the rows to 0 that may not be shown."""


class Scorer(Protocol):
    """How good an item is."""

    def __call__(self, ctx: RankingContext) -> Scored | None:
        """Return scores, or None if this scorer knows nothing that bears on the question."""


class Reranker(Protocol):
    """What looks at the list as a whole."""

    def __call__(self, ctx: RankingContext, ranked: list[Candidate]) -> list[Candidate]:
        """Return the candidates in a better order."""
