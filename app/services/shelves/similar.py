"""Items like a given one, by their features."""

from app.domain.recommendations import Candidate, Query
from app.domain.settings import Strategy
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.parts import NotItself, NotRatedYet, WholeCatalogue
from app.services.shelves.shelf import Reasons, Scored, Shelf


class SimilarScorer:
    """Scores items by the cosine of their feature vectors to the anchor's."""

    def __init__(self, tables: Tables, catalogue: CatalogueProjection) -> None:
        self._tables = tables
        self._catalogue = catalogue

    def __call__(self, query: Query) -> Scored | None:
        """Return similarities in [0, 1], or None if the anchor has left the catalogue."""
        row = None if query.item_id is None else self._catalogue.row(query.item_id)
        if row is None:
            return None
        scores = self._tables.item_based.similar(row)
        anchor = self._catalogue.product(row)

        def reasons(candidate: Candidate) -> Reasons:
            because = [{"item_id": anchor.item_id, "title": anchor.title, "share": 1.0}]
            return {"parts": dict(candidate.parts), "because": because}

        return Scored(
            Strategy.ITEM,
            scores,
            parts=lambda row: {Strategy.ITEM: float(scores[row])},
            reasons=reasons,
        )


def similar_shelf(tables: Tables, catalogue: CatalogueProjection) -> Shelf:
    """Return the shelf of similar items; only what is alike at all stands on it."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[NotItself(catalogue), NotRatedYet(tables)],
        scorers=[SimilarScorer(tables, catalogue)],
        strategy=Strategy.ITEM,
    )
