"""Why an item is recommended: which of the shopper's items and which neighbours brought it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.recommendations import Candidate
from app.engine.profile import Profile
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.naming import named
from app.services.shelves.opinions import Brought, Opinion, merged
from app.services.shelves.shelf import Reasons

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
        why = merged(self.opinions, candidate.parts, candidate.row)
        parts = {str(name): part for name, part in candidate.parts.items()}
        return {"parts": parts, **why.told, "because": self._because(why)}

    def _because(self, why: Brought) -> list[dict[str, Any]]:
        rating_of = dict(
            zip(self.profile.items.tolist(), self.profile.ratings.tolist(), strict=True)
        )
        shown = zip(why.rows[:_SHOWN].tolist(), why.shares.tolist(), strict=False)
        return [
            {
                **named(self.tables, self.catalogue, row),
                "rating": round(rating_of[row], 9),
                "share": round(share, 9),
            }
            for row, share in shown
            if round(share, 9) > 0  # less is the rounding error of vectors at right angles
        ]
