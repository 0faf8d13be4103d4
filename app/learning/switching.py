"""The version in force of each kind of model."""

from collections.abc import Callable, Mapping

from app.domain.models import ModelUnknown
from app.domain.settings import ShopSettings
from app.learning.library import ModelLibrary
from app.services.settings import Changes, Settings

Versions = dict[str, int]


class ModelSwitch:
    """Puts models in force, by the shop's settings: every worker follows."""

    def __init__(self, library: ModelLibrary, settings: Settings) -> None:
        self._library = library
        self._settings = settings

    @property
    def in_force(self) -> Mapping[str, int]:
        return self._settings.get().models

    def use(self, kind: str, version: int) -> None:
        """Put a version in force, or raise ModelUnknown."""
        self._library.get(kind, version)
        self._change(lambda versions: {**versions, kind: version})

    def use_after(self, kind: str, version: int, former: int | None) -> bool:
        """Put a version in force if `former` (None: none) still is; return whether it was."""
        self._library.get(kind, version)
        was: list[int | None] = []

        def change(versions: Versions) -> Versions | None:
            was.append(versions.get(kind))
            return {**versions, kind: version} if was[-1] == former else None

        self._change(change)
        return was[-1] == former

    def off(self, kind: str) -> None:
        """Have no model of a kind in force, or raise ModelUnknown where there is none."""
        self._require(kind)
        self._change(lambda versions: {k: v for k, v in versions.items() if k != kind})

    def roll_back(self, kind: str) -> int:
        """Put the newest version in force that is older than the present one; return it."""
        present = self._require(kind)
        stored = (record.version for record in self._library.records(kind))
        older = next((version for version in stored if version < present), None)
        if older is None:
            raise ModelUnknown(f"No version of {kind} older than {present} is stored.")
        self.use(kind, older)
        return older

    def _require(self, kind: str) -> int:
        version = self.in_force.get(kind)
        if version is None:
            raise ModelUnknown(f"No model {kind} is in force.")
        return version

    def _change(self, change: Callable[[Versions], Versions | None]) -> None:
        def changes(shop: ShopSettings) -> Changes | None:
            versions = change(dict(shop.models))
            return None if versions is None else {"models": versions}

        self._settings.update(changes)
