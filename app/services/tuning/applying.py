"""Found settings put in force with their evidence, and taken back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from app.domain.errors import AppError
from app.domain.settings import LEARNED, ShopSettings
from app.services.settings import Settings
from app.services.tuning.evidence import changes_of, to_settings, undoing
from app.services.tuning.tuning import Outcome


class SettingsChanged(AppError):
    """Somebody changed the settings while others were being searched."""

    def __init__(self, names: str) -> None:
        super().__init__(
            f"Somebody changed {names} while the search ran, so what it found is compared with "
            "settings that are not in force any more. Nothing was changed; run it again."
        )


class Switch(Protocol):
    """Puts models out of force."""

    @property
    def in_force(self) -> Mapping[str, int]:
        """Return the version in force of each kind."""

    def off(self, kind: str) -> None:
        """Have no model of a kind in force."""


def evidence_of(outcome: Outcome, at: datetime, *, new_models: tuple[str, ...]) -> dict[str, Any]:
    """Return what is kept with the settings: what was measured, and what was before."""
    options, verdict = outcome.options, outcome.verdict
    former, found = outcome.milliseconds
    return {
        "at": at.isoformat(timespec="seconds"),
        "metric": options.metric,
        "items": outcome.shown,
        **verdict.every.as_plain(),
        "half_b": verdict.unseen.as_plain(),
        "split": dict(outcome.split),
        "trials": len(outcome.tried),
        "searched_on": outcome.searched,
        "seed": options.seed,
        "seconds": outcome.seconds,
        "milliseconds": {"before": former, "after": found},
        "changed": dict(outcome.changed),
        "former": {name: before for name, (before, _) in outcome.changed.items()},
        "new_models": list(new_models),
    }


def missing_models(outcome: Outcome) -> tuple[str, ...]:
    """Return the kinds that the found settings need and of which none is in force."""
    found = outcome.found
    needed = (kind for kind in LEARNED if getattr(found, f"w_{kind}") > 0)
    return tuple(kind.value for kind in needed if kind.value not in outcome.present.models)


def apply(
    outcome: Outcome,
    settings: Settings,
    *,
    train: Callable[[str], None],
    now: Callable[[], datetime],
) -> ShopSettings:
    """Put what was found in force. `train`: fits a kind of model on everything, and uses it.

    Models come first: the settings never name one that is not there. Raises SettingsChanged.
    """
    _require_unchanged(outcome, settings)
    missing = missing_models(outcome)
    for kind in missing:
        train(kind)
    _require_unchanged(outcome, settings)  # a fit takes its time
    found = {name: after for name, (_, after) in outcome.changed.items()}
    changes = to_settings(found, settings.get())
    tuned = evidence_of(outcome, now(), new_models=missing)
    return settings.change({**changes, "tuned": tuned}).value


def undo(settings: Settings, switch: Switch) -> dict[str, Any]:
    """Put back what was before the last tuning; return that. Raises InvalidInput if none was.

    Models that were fitted for it are not in force any more; they stay stored.
    """
    present = settings.get()
    changes = undoing(present)
    settings.change(changes)
    for kind in present.tuned.get("new_models", ()):
        if kind in switch.in_force:
            switch.off(kind)
    return dict(present.tuned["former"])


def _require_unchanged(outcome: Outcome, settings: Settings) -> None:
    if differing := changes_of(outcome.present, settings.get()):
        raise SettingsChanged(", ".join(differing))
