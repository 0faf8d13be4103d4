"""What the caller wants left out."""

from app.domain.filters import NO_FILTERS
from app.domain.recommendations import Query
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.history_filters import NotLately
from app.recommender.shelf import Filter, Mask
from app.recommender.sources.parts import InCategory


class Wanted:
    """Leaves out what does not pass the query's filters, as far as they are about items."""

    def __init__(self, catalogue: CatalogueProjection) -> None:
        self._catalogue = catalogue

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set those rows to 0; what nobody knows, nothing passes."""
        filters = query.filters
        if filters is NO_FILTERS:
            return
        self._catalogue.facets.narrow(filters, mask)
        for item_id in filters.exclude:
            row = self._catalogue.row(item_id)
            if row is not None:
                mask[row] = 0


def common_filters(tables: Tables, catalogue: CatalogueProjection) -> list[Filter]:
    """Return what every shelf leaves out."""
    return [Wanted(catalogue), InCategory(catalogue), NotLately(tables)]
