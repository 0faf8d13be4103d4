"""The settings that a merchandiser may change while the service runs."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.changes import Written
from app.domain.errors import Conflict, InvalidInput
from app.domain.events import MAX_KINDS, WEIGHTS
from app.domain.ports import SettingsRepository
from app.domain.setting import checked
from app.domain.settings import SETTINGS, WEIGHTS_OF, ShopSettings
from app.live.feed import Feed

Changes = dict[str, Any]
_MOST_VECTORS = 64  # names with a weight of their own; every worker and every answer carries them
_TRIES = 5


class Settings:
    def __init__(self, settings: SettingsRepository, *, feed: Feed) -> None:
        self._settings = settings
        self._feed = feed

    def get(self) -> ShopSettings:
        return self._settings.get()

    def update(self, make: Callable[[ShopSettings], Changes | None]) -> Written[ShopSettings]:
        """Change what `make` returns for the very settings that it is given; None changes nothing.

        It is called again where others change settings at the same time; Conflict if they keep on.
        """
        for _ in range(_TRIES - 1):
            with suppress(Conflict):
                return self._update(make)
        return self._update(make)

    def _update(self, make: Callable[[ShopSettings], Changes | None]) -> Written[ShopSettings]:
        present = self.get()
        changes = make(present)
        if changes is None:
            return Written(present, None)
        return self.change(changes, expected=present.version)

    def change(self, changes: Changes, *, expected: int | None = None) -> Written[ShopSettings]:
        """Change some settings and leave the rest; every worker follows within milliseconds.

        expected : the version that the changes were made for; Conflict if another is stored.
        Raises InvalidInput for a name that is no setting, and for a value that it may not have.
        """
        former = self._settings.get()
        if expected is not None and former.version != expected:
            raise Conflict("The settings were changed at the same time.")
        if not changes:
            return Written(former, None)
        changes = checked(changes, SETTINGS)
        if "weights" in changes:
            changes = changes | {"weights": _merged(former.weights, changes["weights"])}
        if "vector_weights" in changes:
            kept = _kept({**former.vector_weights, **changes["vector_weights"]})
            changes = changes | {"vector_weights": kept}
        changed = replace(former, **changes, version=former.version + 1)
        if sum(getattr(changed, name) for name in WEIGHTS_OF) <= 0:
            named = next((name for name in WEIGHTS_OF if name in changes), "w_user")
            raise InvalidInput(named, "the weights of the hybrid may not all be 0")
        _check_timezone(changed.timezone)
        position = self._settings.replace(changed)
        self._feed.wait(position)
        return Written(changed, position)


def _kept(weights: Mapping[str, float | None]) -> dict[str, float]:
    """Return the weights of vectors but those taken back."""
    kept = {name: weight for name, weight in weights.items() if weight is not None}
    if len(kept) > _MOST_VECTORS:
        raise InvalidInput("vector_weights", f"may name at most {_MOST_VECTORS} vectors")
    return kept


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
        raise InvalidInput(
            "timezone", f"unknown zone {name!r}; use an IANA name such as Europe/Berlin"
        ) from error
