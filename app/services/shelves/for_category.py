"""What a shopper should see next within one category."""

from app.domain.ratings import RatingScale
from app.services.contexts import Contexts
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.context import InContext
from app.services.shelves.filters import common_filters
from app.services.shelves.parts import NotRatedYet, WholeCatalogue
from app.services.shelves.popular import PopularScorer
from app.services.shelves.shelf import Scorer, Shelf


def for_category_shelf(
    personal: Scorer,
    tables: Tables,
    catalogue: CatalogueProjection,
    scale: RatingScale,
    contexts: Contexts,
) -> Shelf:
    """Return the shelf of a category's page: personal first, popular where that knows nothing."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[*common_filters(tables, catalogue), NotRatedYet(tables)],
        scorers=[
            InContext(personal, contexts),
            InContext(PopularScorer(tables, scale), contexts),
        ],
        needs=("category",),
    )
