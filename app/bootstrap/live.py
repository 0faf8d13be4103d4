"""What one process keeps in memory, wired to its database."""

from app.bootstrap.repositories import Repositories
from app.services.memory import Tables
from app.services.projections.accounts import AccountsProjection
from app.services.projections.catalogue import CatalogueProjection
from app.services.projections.ids import IdsProjection
from app.services.projections.keys import KeysProjection
from app.services.projections.preferences import PreferencesProjection
from app.services.projections.projection import Projection
from app.services.projections.settings import SettingsProjection


class Live:
    """The live tables, and the projections that keep them equal to the database."""

    def __init__(self, repositories: Repositories) -> None:
        self.tables = tables = Tables()
        self.ids = IdsProjection(tables)
        self.settings = SettingsProjection(repositories.settings)
        self.keys = KeysProjection(repositories.keys)
        self.accounts = AccountsProjection(repositories.accounts)
        self.catalogue = CatalogueProjection(
            repositories.items, tables.items, tables.features, tables.lock
        )
        self.preferences = PreferencesProjection(repositories.ratings, tables.preferences)
        self.all: tuple[Projection, ...] = (
            self.ids,  # first: the rows of the others stand on it
            self.settings,
            self.keys,
            self.accounts,
            self.catalogue,
            self.preferences,
        )
