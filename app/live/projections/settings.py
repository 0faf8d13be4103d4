"""The merchandiser's settings."""

from dataclasses import asdict
from typing import Any, Self

import orjson
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import SettingsRepository
from app.domain.settings import ShopSettings, from_plain
from app.engine.tables.arrays import Arrays, Texts
from app.live.projections.projection import differences


class SettingsProjection:
    """The current `ShopSettings`, swapped whole."""

    name = "settings"
    version = 2
    collections = (Collection.SETTINGS,)

    def __init__(self, settings: SettingsRepository) -> None:
        self._settings = settings
        self.current = ShopSettings()

    def load(self) -> None:
        self.current = self._settings.get()

    def apply(self, change: Change) -> None:
        self.current = change.value or ShopSettings()

    def forget(self, user_id: str) -> None:
        """Settings know no shopper."""

    def dump(self) -> dict[str, NDArray[Any]]:
        return Texts.of([orjson.dumps(asdict(self.current)).decode()]).arrays("settings")

    def restore(self, arrays: Arrays) -> None:
        self.current = from_plain(orjson.loads(Texts.named("settings", arrays)[0]))

    def differences(self, rebuilt: Self) -> list[str]:
        return differences("setting", asdict(self.current), asdict(rebuilt.current))
