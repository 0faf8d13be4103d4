"""Patterns learned from the history: contexts and habits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.domain.events import EventContext
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.tables.arrays import in_slices
from app.engine.tables.categories import Categories
from app.engine.tables.context import ContextCounts, Lifts, Moment, lifted, moment, together
from app.engine.tables.habits import Habits, count_habits
from app.live.memory import Tables
from app.live.projections.settings import SettingsProjection

SECONDS = 600.0
"""How often what was learned is learned anew."""
_DAYS = 365  # of which events count
_DAY_SECONDS = 86_400
_AT_ONCE = 64  # subjects under one hold of the lock


@dataclass(frozen=True, slots=True)
class Lift:
    """How much the present context lifts every item."""

    moment: Moment
    codes: Int32s
    """The category of each item row; good under the lock only."""
    by_dimension: Mapping[str, Float64s]
    """The lifts of each category by code, as learned."""
    by_code: Float64s
    """All of them together, by the shop's strength."""

    def lifted(self, scores: Float64s) -> Float64s:
        """Return the scores (item rows,), those above 0 lifted."""
        return lifted(scores, self.codes, self.by_code)


class Contexts:
    """Lifts learned from the history. They are frozen, and replaced by one assignment."""

    def __init__(
        self, tables: Tables, categories: Categories, settings: SettingsProjection
    ) -> None:
        self._tables = tables
        self._categories = categories
        self._settings = settings
        self._learned: Lifts | None = None

    def learn(self) -> None:
        """Count the events of the last year anew, letting others have the lock in between."""
        tables, history = self._tables, self._tables.history
        today = int(tables.clock()) // _DAY_SECONDS
        first_day = today - _DAYS
        offsets = _offsets(ZoneInfo(self._settings.current.timezone), range(first_day, today + 2))
        with tables.lock:
            subjects = history.subjects()
            weights = tables.activity.weights.copy()
            counts = ContextCounts(history, self._categories.paths, weights)
        for some in in_slices(tables.lock, subjects.size, _AT_ONCE):
            codes = self._categories.codes(tables.items.capacity)
            counts.add(subjects[some], codes, first_day, offsets)
        self._learned = counts.learn()

    def lift(self, now_ms: int, where: EventContext, shop: ShopSettings) -> Lift | None:
        """Return what lifts items now; None if nothing does. Call with the lock held."""
        learned = self._learned
        if learned is None or not shop.context_strength:
            return None
        local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(shop.timezone))
        now = moment(local.hour, local.weekday(), device=where.device, country=where.country)
        by_dimension = learned.of(now)
        by_code = np.ones(len(self._categories.paths))  # some may be newer than what was learned
        by_code[: learned.table.shape[1]] = together(by_dimension, shop.context_strength)
        codes = self._categories.codes(self._tables.items.capacity)
        return Lift(now, codes, by_dimension, by_code)


def _offsets(zone: ZoneInfo, days: range) -> Int64s:
    """Return how many ms local time is ahead of UTC at noon (UTC) of each day since 1970."""
    noons = (datetime.fromtimestamp((day + 0.5) * _DAY_SECONDS, zone) for day in days)
    offsets = [noon.utcoffset() or timedelta() for noon in noons]
    return np.array([offset // timedelta(milliseconds=1) for offset in offsets], np.int64)


class LearnedHabits:
    """Habits learned from the history. They are frozen, and replaced by one assignment."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.current = Habits()

    def learn(self) -> None:
        """Count the purchases of all subjects anew, letting others have the lock in between."""
        self.current = count_habits(self._tables.history)
