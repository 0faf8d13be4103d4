"""Shelves by name, with the shop's settings filled in."""

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.recommendations import Page, Query
from app.domain.settings import WEIGHTS_OF, ShopSettings, Strategy
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.shelf import Scored, Shelf

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
        return len(self._catalogue)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._shelves)

    def shelf(self, name: str, query: Query) -> Page:
        """Return a page of the named shelf, or raise InvalidInput or UnknownItem."""
        shelf = self._shelves[name]
        self._check(name, shelf, query)
        return shelf.fill(self.complete(query))

    def scored(self, name: str, query: Query) -> list[Scored]:
        """Return what the named shelf's scorers say of every item; call with the lock held."""
        return self._shelves[name].scored(self.complete(query))

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
        strategy = query.strategy or shop.strategy
        least, strength = query.min_similarity, query.session_strength
        return query._replace(
            strategy=shop.auto_strategy if strategy is Strategy.AUTO else strategy,
            **_weights(query, shop),
            k=query.k or shop.k,
            similarity=query.similarity or shop.similarity,
            min_similarity=shop.min_similarity if least is None else least,
            session_strength=shop.session_strength if strength is None else strength,
        )


def _weights(query: Query, shop: ShopSettings) -> dict[str, Any]:
    """Return the weights of the hybrid's parts: the query's, or if it names none the shop's.

    What a query that names some leaves out is 0; but of w_user and w_item alone, one leaves to the
    other what is missing to 1.
    """
    named = {name: w for name in WEIGHTS_OF if (w := getattr(query, name)) is not None}
    if not named:
        return {name: getattr(shop, name) for name in WEIGHTS_OF}
    for one, other in (("w_user", "w_item"), ("w_item", "w_user")):
        if named.keys() == {one}:
            named[other] = max(0.0, 1.0 - named[one])
    if not any(named.values()):
        raise InvalidInput(next(iter(named)), "the weights may not all be 0")
    return dict.fromkeys(WEIGHTS_OF, 0.0) | named
