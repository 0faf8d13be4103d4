"""What one process keeps in memory, wired to its database."""

import time
from collections.abc import Callable

from app.bootstrap.repositories import Repositories
from app.domain.ratings import RatingScale
from app.services.contexts import Contexts
from app.services.habits import LearnedHabits
from app.services.later import Later
from app.services.learned import LearnedModels
from app.services.memory import Tables
from app.services.projections.accounts import AccountsProjection
from app.services.projections.activity import ActivityProjection
from app.services.projections.catalogue import CatalogueProjection
from app.services.projections.history import HistoryProjection
from app.services.projections.ids import IdsProjection
from app.services.projections.keys import KeysProjection
from app.services.projections.models import ModelsProjection
from app.services.projections.preferences import PreferencesProjection
from app.services.projections.projection import Projection
from app.services.projections.settings import SettingsProjection


class Live:
    """The live tables, and the projections that keep them equal to the database."""

    def __init__(
        self,
        repositories: Repositories,
        scale: RatingScale | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Wire it; `clock` gives Unix seconds."""
        self.later = Later()
        self.tables = tables = Tables(clock=clock)
        self.ids = IdsProjection(tables)
        self.settings = SettingsProjection(repositories.settings)
        tables.features.weights = lambda: self.settings.current.vector_weights
        self.keys = KeysProjection(repositories.keys)
        self.accounts = AccountsProjection(repositories.accounts)
        self.catalogue = CatalogueProjection(
            repositories.items, tables.items, tables.features, tables.lock
        )
        self.history = HistoryProjection(repositories.events, tables.history)
        self.preferences = PreferencesProjection(
            repositories.ratings,
            tables,
            settings=lambda: self.settings.current,
            scale=scale or RatingScale(),
            later=self.later,
        )
        self.history.watchers.append(self.preferences.refresh)
        self.activity = ActivityProjection(
            tables, weights=lambda: self.settings.current.weights, later=self.later
        )
        self.contexts = Contexts(
            tables, self.catalogue.categories, settings=lambda: self.settings.current
        )
        self.habits = LearnedHabits(tables)
        self.learned = LearnedModels(tables, recency=lambda: self.settings.current.recency)
        self.models = ModelsProjection(self.learned, wanted=lambda: self.settings.current.models)
        self.all: tuple[Projection, ...] = (
            self.ids,  # first: the rows of the others stand on it
            self.settings,
            self.keys,
            self.accounts,
            self.catalogue,
            self.history,  # before the preferences, which rest on it
            self.preferences,
            self.activity,  # counts what the history holds
            self.models,
        )
