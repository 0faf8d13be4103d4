"""What most shoppers prefer."""

from app.domain.ratings import RatingScale
from app.domain.recommendations import Candidate, Query
from app.domain.settings import Strategy
from app.engine import popularity
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.parts import NotRatedYet, WholeCatalogue
from app.services.shelves.shelf import Reasons, Scored, Shelf


class PopularScorer:
    """Scores items by how many shoppers prefer them and how much. Knows every item."""

    def __init__(self, tables: Tables, scale: RatingScale) -> None:
        self._tables = tables
        self._scale = scale

    def __call__(self, query: Query) -> Scored:
        """Return popularity in [0, 1]; items nobody rated stand at the end, by their ids."""
        scores = popularity.scores(self._tables.preferences, top=self._scale.top)
        return Scored(
            Strategy.POPULAR,
            scores,
            parts=lambda row: {Strategy.POPULAR: float(scores[row])},
            reasons=self._reasons,
            evidence_only=False,
        )

    def _reasons(self, candidate: Candidate) -> Reasons:
        raters = self._tables.preferences.by_item.length(candidate.row)
        return {"parts": dict(candidate.parts), "popular": {"ratings": raters}}


def popular_shelf(tables: Tables, catalogue: CatalogueProjection, scale: RatingScale) -> Shelf:
    """Return the shelf of what is popular, without what the shopper has rated."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[NotRatedYet(tables)],
        scorers=[PopularScorer(tables, scale)],
    )
