"""Small shops for the tests of the engine."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine.tables.feature_table import Features
from app.engine.tables.ids import IdIndex
from app.engine.tables.preferences import Preferences
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


def reborn(preferences: Preferences) -> Preferences:
    """Restore what was dumped, ids and all, into new memory."""
    other = empty()
    for old, new in zip(_parts(preferences), _parts(other), strict=True):
        new.restore(mapped(old.dump()))
    return other


def mapped(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Copy arrays as a mapped file gives them: each with a little room behind it."""
    return {name: _with_room(array) for name, array in arrays.items()}


def _with_room(array: NDArray[Any]) -> NDArray[Any]:
    whole = np.zeros((len(array) + 9, *array.shape[1:]), array.dtype)
    whole[: len(array)] = array
    return whole[: len(array)]


def _parts(preferences: Preferences) -> tuple[IdIndex, IdIndex, Preferences]:
    return preferences.users, preferences.items, preferences


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


def own_size(features: Features) -> int:
    """Return the dimension of the vectors that items brought along; 0 while there is none."""
    return int(features.dump()["own.vectors"].shape[1])


def named_sizes(features: Features) -> dict[str, int]:
    """Return the dimension of the named vectors, by name."""
    named = features.dump().items()
    found = [(name.split("."), array) for name, array in named if name.startswith("named.")]
    return {name[1]: array.shape[1] for name, array in found if name[2] == "vectors"}
