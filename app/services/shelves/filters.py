"""What the caller wants left out."""

from app.domain.filters import NO_FILTERS
from app.domain.recommendations import Query
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.history_filters import NotLately
from app.services.shelves.parts import InCategory
from app.services.shelves.shelf import Filter, Mask


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
