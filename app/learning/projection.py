"""Which learned models are in force."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.live.projections.projection import Arrays


class ModelsProjection:
    """Hears of settings that put other models in force. It stands behind the settings.

    The models themselves are no part of it: whoever watches brings them into memory, in a thread
    of its own, and the former ones answer meanwhile.
    """

    name = "models"
    version = 1
    collections = (Collection.SETTINGS,)

    def __init__(self, wanted: Callable[[], Mapping[str, int]]) -> None:
        self._wanted = wanted
        self._heard: dict[str, int] = {}
        self.watchers: list[Callable[[], None]] = []

    @property
    def wanted(self) -> dict[str, int]:
        return dict(self._wanted())

    def load(self) -> None:
        self._look()

    def apply(self, change: Change) -> None:
        self._look()

    def _look(self) -> None:
        wanted = self.wanted
        if wanted != self._heard:
            self._heard = wanted
            for watcher in self.watchers:
                watcher()

    def forget(self, user_id: str) -> None:
        """Models hold nothing of single shoppers."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return {}

    def restore(self, arrays: Arrays) -> None:
        self._look()

    def differences(self, rebuilt: Self) -> list[str]:
        return []
