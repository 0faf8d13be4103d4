"""Shelves by name, with the shop's settings filled in."""

from collections.abc import Callable, Mapping

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.recommendations import Page, Query
from app.domain.settings import ShopSettings
from app.services.projections.catalogue import CatalogueProjection
from app.services.shelves.shelf import Shelf

_ABOUT = ("item_id", "items", "window")  # any shelf can keep to a category


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

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the shelves."""
        return tuple(self._shelves)

    def shelf(self, name: str, query: Query) -> Page:
        """Return a page of the named shelf, or raise InvalidInput or UnknownItem."""
        shelf = self._shelves[name]
        self._check(name, shelf, query)
        return shelf.fill(self.complete(query))

    def _check(self, name: str, shelf: Shelf, query: Query) -> None:
        for field in shelf.needs:
            if not getattr(query, field):
                asked_as = "user_id" if field == "subject" else field
                raise InvalidInput(asked_as, f"the shelf {name} needs it")
        for field in _ABOUT:
            if getattr(query, field) and field not in shelf.takes:
                raise InvalidInput(field, f"the shelf {name} does not take it")
        if query.item_id is not None and not self._catalogue.has(query.item_id):
            raise UnknownItem(query.item_id)

    def complete(self, query: Query) -> Query:
        """Return the query with the shop's settings filled in, or raise InvalidInput."""
        shop = self._settings()
        w_user, w_item = _weights(query, shop)
        if not w_user and not w_item:
            raise InvalidInput("w_user", "w_user and w_item may not both be 0")
        least, strength = query.min_similarity, query.session_strength
        return query._replace(
            strategy=query.strategy or shop.strategy,
            w_user=w_user,
            w_item=w_item,
            k=query.k or shop.k,
            similarity=query.similarity or shop.similarity,
            min_similarity=shop.min_similarity if least is None else least,
            session_strength=shop.session_strength if strength is None else strength,
        )


def _weights(query: Query, shop: ShopSettings) -> tuple[float, float]:
    w_user, w_item = query.w_user, query.w_item
    if w_user is None and w_item is None:
        return shop.w_user, shop.w_item
    if w_item is None:  # one given: the other is what is left to 1
        return w_user or 0.0, max(0.0, 1.0 - (w_user or 0.0))
    return max(0.0, 1.0 - w_item) if w_user is None else w_user, w_item
