"""What is computed live, asked about the users of a leave-one-out split."""

import threading
from collections.abc import Iterator

import numpy as np

from app.engine.jit import Float64s
from app.engine.recommenders.co_rated import CoRated
from app.engine.recommenders.user_based import UserBased
from app.engine.tables.ids import IdIndex
from app.engine.tables.preferences import Preferences
from benchmarks.accuracy_ncf_data import LeaveOneOut

_AT_ONCE = 50_000


class LiveScores:
    """User-based and co-rated scores over the known pairs, by the service's defaults."""

    def __init__(self, split: LeaveOneOut) -> None:
        users, items = IdIndex(), IdIndex()
        for item in range(split.n_items):  # so that rows are those of the split
            items.acquire(_id(item))
        self._preferences = Preferences(users, items, threading.RLock())
        self._preferences.load(_batches(split))
        self._user_based = UserBased(self._preferences)
        self._co_rated = CoRated(self._preferences)

    def of(self, user: int) -> Iterator[tuple[str, Float64s]]:
        """Yield each part's scores of all items for one user."""
        profile = self._preferences.profile(_id(user))
        assert profile is not None
        neighbours = self._user_based.neighbours(profile)
        yield "user", self._user_based.scores(profile, neighbours)
        yield "co_rated", self._co_rated.scores(profile)


def _batches(split: LeaveOneOut) -> Iterator[tuple[list[str], list[str], Float64s]]:
    for start in range(0, split.users.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        users, items = split.users[part].tolist(), split.items[part].tolist()
        yield [*map(_id, users)], [*map(_id, items)], np.asarray(split.values[part])


def _id(row: int) -> str:
    return f"{row:06}"
