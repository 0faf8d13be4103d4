"""Why an item is recommended: which of the shopper's items and which neighbours brought it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.recommendations import Candidate
from app.engine.tables.profile import Profile
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.scorers.naming import named
from app.recommender.scorers.opinions import Opinion, merged
from app.recommender.shelf import Reasons

_SHOWN = 5  # of the shopper's items; the shares of the rest are missing to 1


@dataclass(frozen=True, slots=True)
class PersonalReasons:
    """Explains one candidate at a time, from the opinions that made its score."""

    tables: Tables
    catalogue: CatalogueProjection
    profile: Profile
    opinions: Mapping[str, Opinion]

    def __call__(self, candidate: Candidate) -> Reasons:
        """Return parts, neighbours (unnamed) and own items; the shares of these sum to 1."""
        share_of, told = merged(self.opinions, candidate.parts, candidate.row)
        parts = {str(name): part for name, part in candidate.parts.items()}
        return {"parts": parts, **told, "because": self._because(share_of)}

    def _because(self, share_of: Mapping[int, float]) -> list[dict[str, Any]]:
        """Return the largest shares. Equal ones go by id: last digits and rows differ by worker."""
        shares = ((round(share, 9), row) for row, share in share_of.items())
        ids = self.tables.items
        ranked = sorted(
            # what is less is the rounding error of vectors at right angles
            ((-share, ids.id(row), row) for share, row in shares if share > 0)
        )[:_SHOWN]
        rating_of = dict(
            zip(self.profile.items.tolist(), self.profile.ratings.tolist(), strict=True)
        )
        return [
            {
                **named(self.tables, self.catalogue, row),
                "rating": round(rating_of[row], 9),
                "share": -negative,
            }
            for negative, _, row in ranked
        ]
