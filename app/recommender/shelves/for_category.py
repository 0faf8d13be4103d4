"""What a shopper should see next within one category."""

from app.domain.ratings import RatingScale
from app.live.contexts import Contexts
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.scorers.context import InContext
from app.recommender.scorers.popular import PopularScorer
from app.recommender.shelf import Scorer, Shelf
from app.recommender.sources.parts import NotRatedYet, WholeCatalogue


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
