"""Sources of candidates."""

from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Mask


class WholeCatalogue:
    """Offers every item: the engine is exact, so nothing is left out beforehand."""

    def __init__(self, memory: ShopMemory) -> None:
        self._catalogue = memory.catalogue

    def __call__(self, ctx: RankingContext) -> Mask:
        return self._catalogue.mask()
