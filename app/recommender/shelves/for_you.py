"""What this shopper should see next."""

from collections.abc import Callable

from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.live.contexts import Contexts
from app.live.habits import LearnedHabits
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.filters.history_filters import NotBoughtLately
from app.recommender.scorers.context import InContext
from app.recommender.scorers.habitual import WithHabits
from app.recommender.scorers.next_items import WithNextItems
from app.recommender.scorers.popular import PopularScorer
from app.recommender.shelf import Scorer, Shelf
from app.recommender.sources.parts import NotRatedYet, WholeCatalogue


def for_you_shelf(
    personal: Scorer,
    tables: Tables,
    catalogue: CatalogueProjection,
    scale: RatingScale,
    contexts: Contexts,
    settings: Callable[[], ShopSettings],
    habits: LearnedHabits,
) -> Shelf:
    """Return the shelf of the home page: personal first, popular where that knows nothing."""
    scorer = WithHabits(
        InContext(personal, contexts),
        tables,
        habits,
        settings=settings,
        top=scale.top,
    )
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[
            *common_filters(tables, catalogue),
            NotBoughtLately(tables, settings),
            NotRatedYet(tables),
        ],
        scorers=[
            WithNextItems(scorer, tables, catalogue, settings=settings, top=scale.top),
            InContext(PopularScorer(tables, scale), contexts),
        ],
    )
