"""The registry of strategies: how each part of the hybrid is built over the shop's memory."""

from collections.abc import Callable, Mapping
from functools import partial

from app.domain.settings import LEARNED, Strategy
from app.recommender.context import ShopMemory
from app.recommender.opinions import ByCoRating, ByFeatures, ByModel, ByUsers, Voice

STRATEGIES: Mapping[Strategy, Callable[[ShopMemory], Voice]] = {
    Strategy.USER: ByUsers,
    Strategy.ITEM: ByFeatures,
    Strategy.CO_RATED: ByCoRating,
    **{kind: partial(ByModel, kind) for kind in LEARNED},
}
"""One for each of `domain.settings.PARTS`, which has the default weight, its range and its help."""
