"""At most so many items of one brand, or of one category, in the first places of a list."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

import numpy as np

from app.domain.catalogue import Product
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Choice, Pool, Scores

_DEPTH = 4


class Limits:
    """Settings `max_per_brand` and `max_per_category`, in the first `limit_places` places.

    A category is an item's own whole path. Items that have none, or no brand, are not limited.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._product = memory.catalogue.product

    def candidates(self, ctx: RankingContext, places: int) -> int:
        return _DEPTH * places if _limits(ctx) else 0

    def begin(self, ctx: RankingContext, pool: Pool) -> Choice:
        return _Counting(pool, _limits(ctx), ctx.settings.limit_places, self._product)


def _limits(ctx: RankingContext) -> dict[str, int]:
    """Return how many of one value of each column there may be.

    The shop's own limit does not hold for a column that the question is narrowed to: a category's
    page would end after a few items. A limit that the query names always holds.
    """
    query, filters = ctx.query, ctx.query.filters
    of_brand, of_category = ctx.settings.max_per_brand, ctx.settings.max_per_category
    if query.max_per_brand is None and filters.brands:
        of_brand = 0
    narrowed = query.category or filters.any_category or filters.all_categories
    if query.max_per_category is None and narrowed:
        of_category = 0
    limits = {"brand": of_brand, "category": of_category}
    return {column: most for column, most in limits.items() if most > 0}


class _Counting:
    def __init__(
        self,
        pool: Pool,
        limits: Mapping[str, int],
        places: int,
        product: Callable[[int], Product],
    ) -> None:
        self._places = places
        self._limits = limits
        self._gains = np.zeros(pool.rows.size)
        self._products = [product(row) for row in pool.rows.tolist()]
        self._counts: Counter[tuple[str, str]] = Counter()
        self._having: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, each in enumerate(self._products):
            for value in self._values(each):
                self._having[value].append(at)
        for row in pool.earlier[:places]:
            if row is not None:
                self._count(product(row))

    def gains(self, place: int) -> Scores | None:
        return self._gains if place < self._places else None

    def take(self, at: int, place: int) -> None:
        if place < self._places:
            self._count(self._products[at])

    def _count(self, product: Product) -> None:
        for value in self._values(product):
            self._counts[value] += 1
            if self._counts[value] >= self._limits[value[0]]:
                self._gains[self._having[value]] = -np.inf

    def _values(self, product: Product) -> list[tuple[str, str]]:
        found = ((column, getattr(product, column)) for column in self._limits)
        return [(column, value) for column, value in found if value]
