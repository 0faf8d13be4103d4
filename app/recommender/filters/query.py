"""Filters that ask what the query says of items."""

from app.domain.filters import NO_FILTERS, Filters
from app.domain.recommendations import Query
from app.live.memory import Tables
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.stages import Mask


class Wanted:
    """Leaves out what does not pass the query's filters, as far as they are about items."""

    name = None

    def __init__(self, memory: ShopMemory) -> None:
        self._catalogue = memory.catalogue

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        filters = ctx.query.filters
        if filters is NO_FILTERS:
            return
        self._catalogue.facets.narrow(filters, mask)
        for item_id in filters.exclude:
            row = self._catalogue.row(item_id)
            if row is not None:
                mask[row] = 0


class InCategory:
    """Leaves out what is not in the query's category or below it: all, where nobody knows it."""

    name = "category"

    def __init__(self, memory: ShopMemory) -> None:
        self._facets = memory.catalogue.facets

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        if ctx.query.category is not None:
            self._facets.narrow(Filters(any_category=(ctx.query.category,)), mask)


class NotItself:
    """Leaves out what the shelf is about, an item or those of a cart, and their variants."""

    name = "itself"

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables
        self._catalogue = memory.catalogue

    def __call__(self, ctx: RankingContext, mask: Mask) -> None:
        rows, facets = rows_about(self._tables, ctx.query), self._catalogue.facets
        mask[rows] = 0
        if facets.grouped:
            known = [row for row in rows if self._catalogue.has(self._tables.items.id(row))]
            for group in {self._catalogue.product(row).group_id for row in known}:
                if group is not None:
                    mask[facets.members(group)] = 0


def rows_about(tables: Tables, query: Query) -> list[int]:
    """Return the rows of the items the query is about, each once, as far as they are known."""
    about = query.items if query.item_id is None else (query.item_id,)
    found = (tables.items.row(item_id) for item_id in dict.fromkeys(about))
    return [row for row in found if row is not None]
