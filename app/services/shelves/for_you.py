"""What this shopper should see next: user-based, item-based, or both."""

from collections.abc import Callable

from app.domain.ratings import RatingScale
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings, Strategy
from app.engine import hybrid
from app.engine.profile import Profile
from app.engine.user_based import Neighbours
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
from app.services.shelves.reasons import PersonalReasons
from app.services.shelves.shelf import Scored, Shelf


class PersonalScorer:
    """Scores items by the strategy of the query; knows only shoppers with preferences."""

    def __init__(self, tables: Tables, catalogue: CatalogueProjection, scale: RatingScale) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._scale = scale

    def __call__(self, query: Query) -> Scored | None:
        """Return scores, or None if nothing is known of the shopper."""
        profile = self._tables.shopper.profile
        if profile is None or query.strategy is Strategy.POPULAR:
            return None
        if query.strategy is Strategy.ITEM:
            return self._by_items(profile, query)
        neighbours = self._neighbours(profile, query)
        if query.strategy is Strategy.USER:
            return self._by_users(profile, neighbours, query)
        return self._by_both(profile, neighbours, query)

    def _neighbours(self, profile: Profile, query: Query) -> Neighbours:
        assert query.k is not None
        assert query.similarity is not None
        assert query.min_similarity is not None
        return self._tables.user_based.neighbours(
            profile,
            k=query.k,
            similarity=query.similarity.value,
            min_similarity=query.min_similarity,
            g=self._tables.shopper.g,
        )

    def _by_users(self, profile: Profile, neighbours: Neighbours, query: Query) -> Scored:
        scores = self._tables.user_based.scores(profile, neighbours, g=self._tables.shopper.g)
        return Scored(
            Strategy.USER,
            scores,
            parts=lambda row: {Strategy.USER: float(scores[row])},
            reasons=self._reasons(profile, neighbours, query),
        )

    def _by_items(self, profile: Profile, query: Query) -> Scored:
        scores = self._tables.item_based.scores(profile)
        return Scored(
            Strategy.ITEM,
            scores,
            parts=lambda row: {Strategy.ITEM: float(scores[row])},
            reasons=self._reasons(profile, None, query),
        )

    def _by_both(self, profile: Profile, neighbours: Neighbours, query: Query) -> Scored:
        assert query.w_user is not None
        assert query.w_item is not None
        users, items = hybrid.parts(
            self._tables.user_based.scores(profile, neighbours, g=self._tables.shopper.g),
            self._tables.item_based.scores(profile),
            w_user=query.w_user,
            w_item=query.w_item,
            top=self._scale.top,
        )
        return Scored(
            Strategy.HYBRID,
            users + items,
            parts=lambda row: {
                Strategy.USER: float(users[row]),
                Strategy.ITEM: float(items[row]),
            },
            reasons=self._reasons(profile, neighbours, query),
        )

    def _reasons(
        self, profile: Profile, neighbours: Neighbours | None, query: Query
    ) -> PersonalReasons:
        assert query.similarity is not None
        similarity = query.similarity.value
        return PersonalReasons(self._tables, self._catalogue, profile, neighbours, similarity)


def for_you_shelf(
    tables: Tables,
    catalogue: CatalogueProjection,
    scale: RatingScale,
    contexts: Contexts,
    settings: Callable[[], ShopSettings],
    habits: LearnedHabits,
) -> Shelf:
    """Return the shelf of the home page: personal first, popular where that knows nothing."""
    personal = WithHabits(
        InContext(PersonalScorer(tables, catalogue, scale), contexts),
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
            WithNextItems(personal, tables, catalogue, settings=settings, top=scale.top),
            InContext(PopularScorer(tables, scale), contexts),
        ],
    )
