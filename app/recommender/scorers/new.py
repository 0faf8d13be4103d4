"""What came into the catalogue last."""

import numpy as np

from app.domain.ratings import RatingScale
from app.domain.recommendations import Candidate, Query
from app.engine.jit import Float64s
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.scorers.popular import PopularScorer
from app.recommender.shelf import Reasons, Scored, Shelf
from app.recommender.sources.parts import NotRatedYet, WholeCatalogue

NEW = "new"
_DAY_SECONDS = 86_400.0


class NewScorer:
    """Scores items by when they were created, the newest first."""

    def __init__(self, tables: Tables, catalogue: CatalogueProjection) -> None:
        self._tables = tables
        self._catalogue = catalogue

    def __call__(self, query: Query) -> Scored:
        """Return 1 / (1 + age in days); 0 for an item of unknown age."""
        days = self._ages()
        scores = np.nan_to_num(1.0 / (1.0 + days))

        def reasons(candidate: Candidate) -> Reasons:
            age = {"days": round(float(days[candidate.row]), 1), "category": query.category}
            return {"parts": dict(candidate.parts), "new": age}

        return Scored(NEW, scores, parts=lambda row: {NEW: float(scores[row])}, reasons=reasons)

    def _ages(self) -> Float64s:
        """Return the items' ages in days; one from the future is as new as can be."""
        created = self._catalogue.facets.created(self._tables.items.capacity)
        return np.maximum(self._tables.shopper.now / 1000 - created, 0.0) / _DAY_SECONDS


def new_shelf(tables: Tables, catalogue: CatalogueProjection, scale: RatingScale) -> Shelf:
    """Return the shelf of what is new; what is popular follows where no age is known."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[*common_filters(tables, catalogue), NotRatedYet(tables)],
        scorers=[NewScorer(tables, catalogue), PopularScorer(tables, scale)],
        takes=("category",),
    )
