"""Sources and filters that many shelves share."""

from app.domain.filters import Filters
from app.domain.recommendations import Query
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.shelf import Mask


class WholeCatalogue:
    """Offers every item: the engine is exact, so nothing is left out beforehand."""

    def __init__(self, catalogue: CatalogueProjection) -> None:
        self._catalogue = catalogue

    def __call__(self, query: Query) -> Mask:
        """Return 1 for every row of the catalogue."""
        return self._catalogue.mask()


class NotRatedYet:
    """Leaves out what the shopper has rated, or turned down by what was done."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set those rows to 0."""
        profile = self._tables.shopper.profile
        if profile is not None:
            mask[profile.settled] = 0


class NotItself:
    """Leaves out the item the shelf is about."""

    def __init__(self, catalogue: CatalogueProjection) -> None:
        self._catalogue = catalogue

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set the anchor's row to 0."""
        row = None if query.item_id is None else self._catalogue.row(query.item_id)
        if row is not None:
            mask[row] = 0


class InCategory:
    """Leaves out what is not in the query's category or below it."""

    def __init__(self, catalogue: CatalogueProjection) -> None:
        self._facets = catalogue.facets

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set those rows to 0; nothing is left of a category that nobody knows."""
        if query.category is not None:
            self._facets.narrow(Filters(any_category=(query.category,)), mask)
