"""What the merchandiser has set."""

from dataclasses import asdict
from typing import Any

import orjson
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import SettingsRepository
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.services.projections.packing import differences, pack_strings, unpack_strings
from app.services.projections.projection import Arrays


class SettingsProjection:
    """The current `ShopSettings`, swapped whole."""

    name = "settings"
    collections = (Collection.SETTINGS,)

    def __init__(self, settings: SettingsRepository) -> None:
        self._settings = settings
        self.current = ShopSettings()

    def load(self) -> None:
        """Read the settings."""
        self.current = self._settings.get()

    def apply(self, change: Change) -> None:
        """Take in the new settings; without a document the defaults hold."""
        self.current = change.value or ShopSettings()

    def forget(self, user_id: str) -> None:
        """Settings know no shopper."""

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the settings as JSON."""
        return pack_strings([orjson.dumps(asdict(self.current)).decode()], "settings")

    def restore(self, arrays: Arrays) -> None:
        """Take what `dump` returned."""
        values = orjson.loads(unpack_strings(arrays, "settings")[0])
        values["strategy"] = Strategy(values["strategy"])
        values["similarity"] = Similarity(values["similarity"])
        self.current = ShopSettings(**values)

    def verify(self) -> list[str]:
        """Compare every setting."""
        return differences("setting", asdict(self.current), asdict(self._settings.get()))
