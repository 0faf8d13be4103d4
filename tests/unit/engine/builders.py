"""Small shops for the tests of the engine."""

import threading
from collections.abc import Iterable

from app.engine.ids import IdIndex
from app.engine.preferences import Preferences
from tests.brute_force import Ratings, float32

Row = tuple[str, str, float]


def empty() -> Preferences:
    """Make preferences without any entry."""
    return Preferences(IdIndex(), IdIndex(), threading.RLock())


def filled(rows: Iterable[Row]) -> Preferences:
    """Put explicit preferences one by one."""
    preferences = empty()
    for user, item, value in rows:
        preferences.put(user, item, value)
    return preferences


def from_ratings(ratings: Ratings) -> Preferences:
    """Put everything of a brute-force table."""
    preferences = empty()
    for user, entries in ratings.items():
        for item, (value, implied) in entries.items():
            preferences.put(user, item, value, implied=implied)
    return preferences


def contents(preferences: Preferences) -> Ratings:
    """Read everything back through the public reads, users in order of ids."""
    users, items = preferences.users, preferences.items
    ids = [users.id(row) for row in range(users.capacity) if users.alive[row]]
    assert all(items.id(row) for row in range(items.capacity) if items.alive[row])
    read = {user: preferences.of_user(user) for user in sorted(ids)}
    return {user: {i: (v, m) for i, v, m in rows} for user, rows in read.items() if rows}


def stored(value: float) -> float:
    """What a put of this value keeps."""
    return float32(value)
