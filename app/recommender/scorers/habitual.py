"""What the shopper buys again and again, among what is recommended."""

from collections.abc import Callable

import numpy as np

from app.domain.recommendations import Query
from app.domain.settings import ShopSettings, Strategy
from app.live.habits import LearnedHabits
from app.live.memory import Tables
from app.recommender.scorers.buy_again import BUY_AGAIN, habit_of, told_of
from app.recommender.shelf import Scored, Scorer


class WithHabits:
    """Adds to the scores of another scorer how due is what the shopper bought before."""

    def __init__(
        self,
        scorer: Scorer,
        tables: Tables,
        habits: LearnedHabits,
        *,
        settings: Callable[[], ShopSettings],
        top: float,
    ) -> None:
        """Take the scorer; `top` is the best rating, which a user-based score may reach."""
        self._scorer = scorer
        self._tables = tables
        self._habits = habits
        self._settings = settings
        self._top = top

    def __call__(self, query: Query) -> Scored | None:
        """Return the scores + strength * habit (`engine.habits`), with a part `buy_again`."""
        scored = self._scorer(query)
        strength = self._settings().repeat_strength
        if scored is None or not strength:
            return scored
        habit = habit_of(self._tables, self._habits)
        if habit is None:
            return scored
        unit = self._top if scored.strategy == Strategy.USER else 1.0
        again = np.zeros(self._tables.items.capacity)
        again[habit.rows] = habit.scores * (unit * strength)

        return scored.plus(
            BUY_AGAIN,
            scored.scores + again,
            part=lambda row: float(again[row]),
            told=lambda row: told_of(habit, row) if again[row] else None,
        )
