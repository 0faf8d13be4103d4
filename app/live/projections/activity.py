"""How much was done with each item lately, from the history."""

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.live.later import Later
from app.live.memory import Tables
from app.live.projections.projection import Arrays


class ActivityProjection:
    """Keeps the engine's sums equal to the history, by the shop's weights. It stands behind both.

    The history tells the sums of each event; what is done here is to count everything anew.
    """

    name = "activity"
    version = 1
    collections = (Collection.EVENTS, Collection.SETTINGS)

    def __init__(
        self, tables: Tables, *, weights: Callable[[], Mapping[str, float]], later: Later
    ) -> None:
        self._tables = tables
        self._activity = tables.activity
        self._weights = weights
        self._later = later

    def load(self) -> None:
        self._activity.rebuild(self._weights(), self._now())

    def apply(self, change: Change) -> None:
        if change.collection is Collection.SETTINGS:
            is_stale = self._activity.named_weights != self._weights()
        else:
            is_stale = change.key is None or self._activity.is_far(self._now())
        if is_stale:
            self._later.put(self.load)

    def forget(self, user_id: str) -> None:
        """The history tells of what it forgets."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return self._activity.dump()

    def restore(self, arrays: Arrays) -> None:
        self._activity.restore(arrays, self._weights())

    def differences(self, rebuilt: Self) -> list[str]:
        now = self._now()
        here, there = self._activity.by_id(now), rebuilt._activity.by_id(now)
        return [
            f"activity of {item!r}: memory {here.get(item)}, rebuilt {there.get(item)}"
            for item in sorted(here.keys() | there.keys())
            if not _alike(here.get(item, ()), there.get(item, ()))
        ]

    def _now(self) -> int:
        return int(self._tables.clock() * 1000)


def _alike(some: tuple[float, ...], others: tuple[float, ...]) -> bool:
    return len(some) == len(others) and all(
        isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
        for one, other in zip(some, others, strict=True)
    )
