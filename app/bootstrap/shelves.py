"""Every shelf of a shop, wired to its memory."""

from collections.abc import Callable

from app.bootstrap.live import Live
from app.domain.ratings import RatingScale
from app.domain.settings import LEARNED, ShopSettings, Strategy
from app.recommender.predicted_ratings import PredictedRatings
from app.recommender.recommendations import Recommendations
from app.recommender.scorers.bought_together import baskets_shelf
from app.recommender.scorers.buy_again import buy_again_shelf
from app.recommender.scorers.new import new_shelf
from app.recommender.scorers.opinions import ByCoRating, ByFeatures, ByModel, ByUsers, Voice
from app.recommender.scorers.personal import PersonalScorer
from app.recommender.scorers.popular import popular_shelf
from app.recommender.scorers.recent import recently_viewed_shelf
from app.recommender.scorers.similar import similar_shelf
from app.recommender.scorers.trending import trending_shelf
from app.recommender.shelves.for_category import for_category_shelf
from app.recommender.shelves.for_you import for_you_shelf


def build_recommendations(live: Live, scale: RatingScale) -> Recommendations:
    """Return the shelves over what `live` holds."""
    tables, catalogue, contexts = live.tables, live.catalogue, live.contexts

    def settings() -> ShopSettings:
        return live.settings.current

    personal = PersonalScorer(tables, catalogue, _voices(live, settings, scale))
    shelves = {
        "for_you": for_you_shelf(
            personal, tables, catalogue, scale, contexts, settings, live.habits
        ),
        "popular": popular_shelf(tables, catalogue, scale, contexts),
        "similar": similar_shelf(tables, catalogue, settings=settings),
        "new": new_shelf(tables, catalogue, scale),
        "trending": trending_shelf(tables, catalogue, scale),
        "for_category": for_category_shelf(personal, tables, catalogue, scale, contexts),
        "bought_together": baskets_shelf(
            tables, catalogue, scale, about="item_id", settings=settings, habits=live.habits
        ),
        "cart": baskets_shelf(
            tables, catalogue, scale, about="items", settings=settings, habits=live.habits
        ),
        "recently_viewed": recently_viewed_shelf(tables, catalogue),
        "buy_again": buy_again_shelf(tables, catalogue, live.habits),
    }
    return Recommendations(shelves, catalogue=catalogue, settings=settings)


def _voices(
    live: Live, settings: Callable[[], ShopSettings], scale: RatingScale
) -> dict[Strategy, Voice]:
    tables = live.tables
    return {
        Strategy.USER: ByUsers(tables, settings=settings, top=scale.top),
        Strategy.ITEM: ByFeatures(tables),
        Strategy.CO_RATED: ByCoRating(tables, settings=settings),
        **{kind: ByModel(kind, live.learned) for kind in LEARNED},
    }


def build_predictions(live: Live, scale: RatingScale) -> PredictedRatings:
    """Return what predicts single ratings."""
    return PredictedRatings(
        live.tables,
        live.learned,
        live.catalogue,
        settings=lambda: live.settings.current,
        scale=scale,
    )
