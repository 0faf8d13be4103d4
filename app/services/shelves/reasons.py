"""Why an item is recommended: which neighbours and which rated items brought it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from app.domain.recommendations import Candidate
from app.domain.settings import Strategy
from app.engine.explanation import UserExplanation
from app.engine.jit import Float64s, Int32s
from app.engine.profile import Profile
from app.engine.user_based import Neighbours
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.naming import named
from app.services.shelves.shelf import Reasons

_SHOWN = 5  # rated items and neighbours named; the rest is summed in their counts


@dataclass(frozen=True, slots=True)
class PersonalReasons:
    """Explains one candidate at a time, from what its scorer used. Neighbours stay unnamed."""

    tables: Tables
    catalogue: CatalogueProjection
    profile: Profile
    neighbours: Neighbours | None
    similarity: str

    def __call__(self, candidate: Candidate) -> Reasons:
        """Return parts, neighbours and rated items; the rated items' shares sum to 1."""
        reasons: Reasons = {"parts": {str(name): part for name, part in candidate.parts.items()}}
        share_of: dict[int, float] = defaultdict(float)
        total = sum(candidate.parts.values()) or 1.0
        if self.neighbours is not None:
            why = self.tables.user_based.explain(
                self.profile,
                self.neighbours,
                candidate.row,
                similarity=self.similarity,
                g=self.profile.g,
            )
            reasons["neighbours"] = self._neighbours(why, self.neighbours)
            _add(share_of, why.items, why.item_shares, candidate.parts[Strategy.USER] / total)
        if (part := candidate.parts.get(Strategy.ITEM, 0.0)) > 0:
            _add(
                share_of, *self.tables.item_based.explain(self.profile, candidate.row), part / total
            )
        reasons["because"] = self._because(share_of)
        return reasons

    def _neighbours(self, why: UserExplanation, of: Neighbours) -> dict[str, Any]:
        similarity_of = dict(zip(of.rows.tolist(), of.similarities.tolist(), strict=True))
        shown = zip(why.users[:_SHOWN].tolist(), why.user_shares.tolist(), strict=False)
        closest = [
            {"similarity": round(similarity_of[row], 9), "share": round(share, 9)}
            for row, share in shown
        ]
        return {"count": len(why.users), "of": len(of.rows), "closest": closest}

    def _because(self, share_of: dict[int, float]) -> list[dict[str, Any]]:
        rating_of = dict(
            zip(self.profile.items.tolist(), self.profile.ratings.tolist(), strict=True)
        )
        ranked = sorted(share_of.items(), key=lambda entry: (-entry[1], entry[0]))
        return [
            {
                **named(self.tables, self.catalogue, row),
                "rating": round(rating_of[row], 9),
                "share": round(share, 9),
            }
            for row, share in ranked[:_SHOWN]
            if round(share, 9) > 0  # less is the rounding error of vectors at right angles
        ]


def _add(share_of: dict[int, float], rows: Int32s, shares: Float64s, weight: float) -> None:
    for row, share in zip(rows.tolist(), shares.tolist(), strict=True):
        share_of[row] += weight * share
