"""What a merchandiser may change while the service runs."""

from dataclasses import replace
from typing import Any

from app.domain.changes import Written
from app.domain.errors import InvalidInput
from app.domain.ports import SettingsRepository
from app.domain.settings import ShopSettings
from app.services.feed import Feed


class Settings:
    """Reads and changes the shop's one settings document."""

    def __init__(self, settings: SettingsRepository, *, feed: Feed) -> None:
        self._settings = settings
        self._feed = feed

    def get(self) -> ShopSettings:
        """Return the stored settings."""
        return self._settings.get()

    def change(self, changes: dict[str, Any]) -> Written[ShopSettings]:
        """Change some settings and leave the rest; every worker follows within milliseconds."""
        former = self._settings.get()
        if not changes:
            return Written(former, None)
        changed = replace(former, **changes, version=former.version + 1)
        if changed.w_user + changed.w_item <= 0:
            raise InvalidInput("w_user", "w_user and w_item may not both be 0")
        position = self._settings.replace(changed)
        self._feed.wait(position)
        return Written(changed, position)
