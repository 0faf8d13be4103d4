"""What this shopper should see next."""

from collections.abc import Callable

from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.services.contexts import Contexts
from app.services.habits import LearnedHabits
from app.services.memory import Tables
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.context import InContext
from app.services.shelves.filters import common_filters
from app.services.shelves.habitual import WithHabits
from app.services.shelves.history_filters import NotBoughtLately
from app.services.shelves.next_items import WithNextItems
from app.services.shelves.parts import NotRatedYet, WholeCatalogue
from app.services.shelves.popular import PopularScorer
from app.services.shelves.shelf import Scorer, Shelf


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
