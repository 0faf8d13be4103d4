"""Shelves by name, with the shop's settings filled in."""

from collections.abc import Callable, Mapping

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.recommendations import Page, Query
from app.domain.settings import ShopSettings
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.shelf import Shelf


class Recommendations:
    """Answers queries from registered shelves. Touches no database."""

    def __init__(
        self,
        shelves: Mapping[str, Shelf],
        *,
        catalogue: CatalogueProjection,
        settings: Callable[[], ShopSettings],
    ) -> None:
        self._shelves = shelves
        self._catalogue = catalogue
        self._settings = settings

    @property
    def shown_items(self) -> int:
        """Return how many items may be shown at all."""
        return len(self._catalogue)

    def shelf(self, name: str, query: Query) -> Page:
        """Return a page of the named shelf."""
        return self._shelves[name].fill(self.complete(query))

    def similar(self, query: Query) -> Page:
        """Return items like `query.item_id`, or raise UnknownItem."""
        if query.item_id is None or not self._catalogue.has(query.item_id):
            raise UnknownItem(query.item_id or "")
        return self.shelf("similar", query)

    def complete(self, query: Query) -> Query:
        """Return the query with the shop's settings filled in, or raise InvalidInput."""
        shop = self._settings()
        w_user, w_item = query.w_user, query.w_item
        if w_user is None and w_item is None:
            w_user, w_item = shop.w_user, shop.w_item
        elif w_user is None or w_item is None:  # one given: the other is what is left to 1
            given = w_user if w_user is not None else w_item
            rest = max(0.0, 1.0 - (given or 0.0))
            w_user, w_item = (rest, w_item) if w_user is None else (w_user, rest)
        if not w_user and not w_item:
            raise InvalidInput("w_user", "w_user and w_item may not both be 0")
        least = query.min_similarity
        return Query(
            user_id=query.user_id,
            item_id=query.item_id,
            n=query.n,
            offset=query.offset,
            strategy=query.strategy or shop.strategy,
            w_user=w_user,
            w_item=w_item,
            k=query.k or shop.k,
            similarity=query.similarity or shop.similarity,
            min_similarity=shop.min_similarity if least is None else least,
            min_score=query.min_score,
            explain=query.explain,
            own_ratings=query.own_ratings,
        )
