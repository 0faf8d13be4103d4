"""Learns how things are bought again."""

from app.engine.tables.habits import Habits, count_habits
from app.live.memory import Tables


class LearnedHabits:
    """Habits learned from the history. They are frozen, and replaced by one assignment."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.current = Habits()

    def learn(self) -> None:
        """Count the purchases of all subjects anew, letting others have the lock in between."""
        self.current = count_habits(self._tables.history)
