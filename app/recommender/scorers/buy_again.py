"""Purchases that may be made again: as a list, and as a part of other scores."""

import numpy as np

from app.domain.settings import Strategy
from app.engine.tables.habits import DAY_MS, Habit
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import BuyAgain
from app.recommender.stages import Scored, Scorer

BUY_AGAIN = "buy_again"


class BuyAgainScorer:
    """Scores what was bought by how often, and by how due it is (`engine.habits`), in [0, 1)."""

    def __init__(self, memory: ShopMemory) -> None:
        self._memory = memory

    def __call__(self, ctx: RankingContext) -> Scored | None:
        habit = _habit_of(self._memory, ctx)
        if habit is None:
            return None
        scores = np.zeros(self._memory.tables.items.capacity)
        scores[habit.rows] = habit.scores
        return Scored.of_one(BUY_AGAIN, scores, told=lambda row: _told(habit, row))


class WithHabits:
    """Adds strength * habit (`engine.habits`) to the scores of another scorer, as one more part."""

    def __init__(self, scorer: Scorer, memory: ShopMemory) -> None:
        self._scorer = scorer
        self._memory = memory

    def __call__(self, ctx: RankingContext) -> Scored | None:
        scored = self._scorer(ctx)
        strength = ctx.settings.repeat_strength
        if scored is None or not strength:
            return scored
        habit = _habit_of(self._memory, ctx)
        if habit is None:
            return scored
        unit = self._memory.scale.top if scored.strategy == Strategy.USER else 1.0
        again = np.zeros(self._memory.tables.items.capacity)
        again[habit.rows] = habit.scores * (unit * strength)

        return scored.plus(
            BUY_AGAIN,
            scored.scores + again,
            part=lambda row: float(again[row]),
            told=lambda row: _told(habit, row),
        )


def _habit_of(memory: ShopMemory, ctx: RankingContext) -> Habit | None:
    """Return how the shopper buys again; None if nothing was bought."""
    implied = ctx.shopper.implied
    if implied is None:
        return None
    half_life = implied.landmark.half_life
    habit = memory.habits.current.of(ctx.events, ctx.now, half_life=half_life)
    return habit if habit.rows.size else None


def _told(habit: Habit, row: int) -> BuyAgain:
    at = int(np.searchsorted(habit.rows, row))
    return BuyAgain(
        times=int(habit.times[at]),
        usual_days=round(float(habit.usual[at]) / DAY_MS, 1),
        last_days_ago=round(float(habit.age[at]) / DAY_MS, 1),
    )
