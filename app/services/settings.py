"""What a merchandiser may change while the service runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.changes import Written
from app.domain.errors import InvalidInput
from app.domain.events import MAX_KINDS, WEIGHTS
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
        if "weights" in changes:
            changes = changes | {"weights": _merged(former.weights, changes["weights"])}
        changed = replace(former, **changes, version=former.version + 1)
        if changed.w_user + changed.w_item <= 0:
            raise InvalidInput("w_user", "w_user and w_item may not both be 0")
        _check_timezone(changed.timezone)
        position = self._settings.replace(changed)
        self._feed.wait(position)
        return Written(changed, position)


def _merged(former: Mapping[str, float], given: Mapping[str, float | None]) -> dict[str, float]:
    """Return the weights with some changed; None takes a kind back to what it was at first."""
    merged: dict[str, float | None] = {**former, **given}
    known = {
        kind: WEIGHTS.get(kind) if weight is None else weight for kind, weight in merged.items()
    }
    weights = {kind: weight for kind, weight in known.items() if weight is not None}
    if len(weights) > MAX_KINDS:
        raise InvalidInput("weights", f"may name at most {MAX_KINDS} kinds of events")
    return weights


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput("timezone", f"{name!r} is none, such as Europe/Berlin is") from error
