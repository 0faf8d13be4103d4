"""Shelves by name."""

from collections.abc import Mapping

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.recommendations import Page, Query
from app.domain.settings import ShopSettings
from app.live.projections.catalogue import CatalogueProjection
from app.live.projections.settings import SettingsProjection
from app.recommender.context import settings_for
from app.recommender.shelf import Shelf
from app.recommender.stages import Scored

_ABOUT = ("item_id", "items", "window")  # any shelf can keep to a category


class Recommendations:
    """Answers queries from registered shelves. Touches no database."""

    def __init__(
        self,
        shelves: Mapping[str, Shelf],
        *,
        catalogue: CatalogueProjection,
        settings: SettingsProjection,
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

    def stages(self, name: str) -> Shelf:
        """Return the named shelf, for those who look into how it is made."""
        return self._shelves[name]

    def settings_for(self, query: Query) -> ShopSettings:
        """Return what a query is answered by, or raise InvalidInput."""
        return settings_for(query, self._settings.current)

    def shelf(self, name: str, query: Query, settings: ShopSettings | None = None) -> Page:
        """Return a page of the named shelf, or raise InvalidInput or UnknownItem.

        settings : of `settings_for`, where several queries are answered by the same.
        """
        shelf = self._shelves[name]
        self._check(name, shelf, query)
        return shelf.fill(query, settings or self.settings_for(query))

    def scored(self, name: str, query: Query) -> list[Scored]:
        """Return what the named shelf's scorers say of every item; call with the lock held."""
        return self._shelves[name].scored(query, self.settings_for(query))

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
