"""What one process keeps in memory, wired to its database."""

import time
from collections.abc import Callable

from app.bootstrap.repositories import Repositories
from app.domain.ratings import RatingScale
from app.learning.learned import LearnedModels
from app.learning.loading import ModelsProjection
from app.live.memory import Tables
from app.live.patterns import Contexts, LearnedHabits
from app.live.projections.accounts import AccountsProjection
from app.live.projections.catalogue import CatalogueProjection
from app.live.projections.history import ActivityProjection, HistoryProjection
from app.live.projections.ids import IdsProjection
from app.live.projections.keys import KeysProjection
from app.live.projections.preferences import PreferencesProjection
from app.live.projections.projection import Later, Projection
from app.live.projections.settings import SettingsProjection
from app.recommender.context import ShopMemory


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
        scale = scale or RatingScale()
        self.later = Later()
        self.tables = tables = Tables(clock=clock)
        self.ids = IdsProjection(tables)
        self.settings = SettingsProjection(repositories.settings)
        settings = self.settings
        tables.features.weights = lambda: settings.current.vector_weights
        self.keys = KeysProjection(repositories.keys)
        self.accounts = AccountsProjection(repositories.accounts)
        self.catalogue = CatalogueProjection(
            repositories.items, tables.items, tables.features, tables.lock
        )
        self.history = HistoryProjection(repositories.events, tables.history)
        self.preferences = PreferencesProjection(
            repositories.ratings,
            tables,
            settings=settings,
            scale=scale,
            later=self.later,
        )
        self.history.watchers.append(self.preferences.refresh)
        self.activity = ActivityProjection(
            tables, weights=lambda: settings.current.weights, later=self.later
        )
        self.contexts = Contexts(tables, self.catalogue.categories, settings)
        self.habits = LearnedHabits(tables)
        self.learned = LearnedModels(tables)
        self.memory = ShopMemory(
            tables,
            self.catalogue,
            self.contexts,
            self.habits,
            self.learned,
            settings=settings,
            scale=scale,
        )
        self.models = ModelsProjection(lambda: settings.current.models)
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
