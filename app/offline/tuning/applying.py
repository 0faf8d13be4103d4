"""Found settings put in force with their evidence, and taken back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.domain.errors import AppError
from app.domain.settings import LEARNED, ShopSettings
from app.offline.tuning.evidence import Undoing, changes_of, to_settings, undoing
from app.offline.tuning.tuning import Outcome
from app.services.settings import Settings


class SettingsChanged(AppError):
    """Somebody changed the settings while others were being searched."""

    def __init__(self, names: str) -> None:
        super().__init__(
            f"Somebody changed {names} while the search ran, so what it found is compared with "
            "settings that are not in force any more. Nothing was changed; run it again."
        )


def evidence_of(
    outcome: Outcome, at: datetime, *, new_models: Mapping[str, int | None]
) -> dict[str, Any]:
    """Return what is kept with the settings: what was measured, and what was before.

    new_models : versions that come into force with them; None where none is fitted yet.
    """
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
        "new_models": dict(new_models),
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
    train: Callable[[str], int],
    now: Callable[[], datetime],
) -> ShopSettings:
    """Put what was found in force, with the models it needs, in one change.

    train : fits a kind of model on everything, and stores it; returns the version, which is not in
    force yet. Raises SettingsChanged.
    """
    _require_unchanged(outcome, settings.get())  # before a fit, which takes its time
    fitted = {kind: train(kind) for kind in missing_models(outcome)}
    found = {name: after for name, (_, after) in outcome.changed.items()}

    def changes(present: ShopSettings) -> dict[str, Any]:
        _require_unchanged(outcome, present)
        new = {kind: v for kind, v in fitted.items() if kind not in present.models}
        tuned = evidence_of(outcome, now(), new_models=new)
        models = {**present.models, **new}
        return {**to_settings(found, present), "models": models, "tuned": tuned}

    return settings.update(changes).value


def undo(settings: Settings) -> Undoing:
    """Put back what was before the last tuning, where nobody changed it since; return that.

    Models that came with it are not in force any more where nothing asks them; they stay stored.
    Raises InvalidInput if there was no tuning.
    """
    undone: list[Undoing] = []

    def changes(present: ShopSettings) -> dict[str, Any]:
        last = undoing(present)
        undone.append(last)
        models = {k: version for k, version in present.models.items() if k not in last.off}
        return {**to_settings(last.back, present), "models": models, "tuned": {}}

    settings.update(changes)
    return undone[-1]


def _require_unchanged(outcome: Outcome, present: ShopSettings) -> None:
    if differing := changes_of(outcome.present, present):
        raise SettingsChanged(", ".join(differing))
