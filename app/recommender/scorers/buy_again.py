"""What a shopper bought before and may want again."""

import numpy as np

from app.domain.recommendations import Candidate, Query
from app.engine.tables.habits import DAY_MS, Habit
from app.live.habits import LearnedHabits
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.shelf import Mask, Reasons, Scored, Shelf
from app.recommender.sources.parts import WholeCatalogue

BUY_AGAIN = "buy_again"


class NotTurnedDown:
    """Leaves out what the shopper gave back or does not like."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set those rows to 0."""
        profile = self._tables.shopper.profile
        if profile is not None:
            mask[profile.items[profile.values < 0.0]] = 0


class BuyAgainScorer:
    """Scores what the shopper bought by how often, and by how due it is (`engine.habits`)."""

    def __init__(self, tables: Tables, habits: LearnedHabits) -> None:
        self._tables = tables
        self._habits = habits

    def __call__(self, query: Query) -> Scored | None:
        """Return scores in [0, 1), or None if nothing was bought."""
        habit = habit_of(self._tables, self._habits)
        if habit is None:
            return None
        scores = np.zeros(self._tables.items.capacity)
        scores[habit.rows] = habit.scores

        def reasons(candidate: Candidate) -> Reasons:
            return {"parts": dict(candidate.parts), BUY_AGAIN: told_of(habit, candidate.row)}

        return Scored(
            BUY_AGAIN, scores, parts=lambda row: {BUY_AGAIN: float(scores[row])}, reasons=reasons
        )


def habit_of(tables: Tables, habits: LearnedHabits) -> Habit | None:
    """Return how the present shopper buys again; None if nothing was bought."""
    shopper = tables.shopper
    if shopper.implied is None:
        return None
    half_life = shopper.implied.landmark.half_life
    habit = habits.current.of(shopper.events, shopper.now, half_life=half_life)
    return habit if habit.rows.size else None


def told_of(habit: Habit, row: int) -> dict[str, float]:
    """Return the reason of one item of a habit."""
    at = int(np.searchsorted(habit.rows, row))
    return {
        "times": int(habit.times[at]),
        "usual_days": round(float(habit.usual[at]) / DAY_MS, 1),
        "last_days_ago": round(float(habit.age[at]) / DAY_MS, 1),
    }


def buy_again_shelf(tables: Tables, catalogue: CatalogueProjection, habits: LearnedHabits) -> Shelf:
    """Return the shelf of what may be bought again; nothing fills it."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[*common_filters(tables, catalogue), NotTurnedDown(tables)],
        scorers=[BuyAgainScorer(tables, habits)],
        strategy=BUY_AGAIN,
        needs=("subject",),
    )
