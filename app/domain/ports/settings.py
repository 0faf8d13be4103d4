"""The shop's settings."""

from typing import Protocol

from app.domain.changes import Position
from app.domain.settings import ShopSettings


class SettingsRepository(Protocol):
    """The shop's one settings document."""

    def get(self) -> ShopSettings:
        """Return the stored settings, or the defaults."""

    def replace(self, settings: ShopSettings) -> Position | None:
        """Store the next version, or raise Conflict if somebody else stored it first."""
