"""Sources of candidates."""

from app.domain.recommendations import Query
from app.recommender.shelf import Mask, ShopMemory


class WholeCatalogue:
    """Offers every item: the engine is exact, so nothing is left out beforehand."""

    def __init__(self, memory: ShopMemory) -> None:
        self._catalogue = memory.catalogue

    def __call__(self, query: Query) -> Mask:
        return self._catalogue.mask()
