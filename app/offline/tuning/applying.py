"""What a tuning found: put in force with its evidence, and taken back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from app.domain.errors import AppError, InvalidInput
from app.domain.settings import LEARNED, SETTINGS, ShopSettings
from app.offline.tuning.comparing import Verdict
from app.offline.tuning.knobs import VECTORS, WEIGHTS
from app.offline.tuning.preparing import TuningOptions
from app.offline.tuning.search import Tried
from app.services.settings import Settings

_OTHERS = {"version", "models", "tuned", "retrain_after_hours"}
"""Settings that no tuning changes."""


@dataclass(frozen=True)
class Outcome:
    present: ShopSettings
    found: ShopSettings
    verdict: Verdict
    shown: str
    split: Mapping[str, Any]
    tried: tuple[Tried, ...]
    options: TuningOptions
    searched: int
    """Shoppers that the search looked at."""
    milliseconds: tuple[float, float] = (0.0, 0.0)
    """Of a request, by the former and by the found settings."""
    seconds: float = 0.0
    changed: Mapping[str, list[Any]] = field(default_factory=dict)


class Undoing(NamedTuple):
    back: Mapping[str, Any]
    """What was before, of the settings that are still as tuning made them."""
    left: tuple[str, ...]
    """Settings that somebody changed since."""
    off: tuple[str, ...]
    """Kinds whose models came with the tuning, and that nothing asks any more."""


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


def in_full(outcome: Outcome, at: datetime) -> dict[str, Any]:
    """Return the evidence with every trial, as plain values; no new model is fitted yet."""
    plain = evidence_of(outcome, at, new_models=dict.fromkeys(missing_models(outcome)))
    log = [
        {"name": each.name, "mean": each.mean, "users": int(each.values.size)}
        for each in outcome.tried
    ]
    found = asdict(outcome.found)
    return plain | {"is_better": outcome.verdict.is_better, "found": found, "log": log}


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


def changes_of(former: ShopSettings, found: ShopSettings) -> dict[str, list[Any]]:
    """Return [from, to] of every setting that differs, as plain values."""
    before, after = _plain(former), _plain(found)
    return {n: [before[n], after[n]] for n in before if before[n] != after[n]}


def to_settings(plain: Mapping[str, Any], present: ShopSettings) -> dict[str, Any]:
    """Return changes for `Settings.change` that give these plain values.

    Named vectors that have no weight there get none.
    """
    changes = dict(plain)
    if VECTORS in changes:
        changes[VECTORS] = dict.fromkeys(present.vector_weights) | dict(plain[VECTORS])
    return changes


def undoing(present: ShopSettings) -> Undoing:
    """Return what undoing the last tuning comes to, or raise InvalidInput if there is none."""
    changed: Mapping[str, list[Any]] = present.tuned.get("changed", {})
    if not changed:
        raise InvalidInput("tuned", "there is no tuning to undo: none is in force")
    values = _plain(present)
    back = {name: before for name, (before, after) in changed.items() if values[name] == after}
    left = tuple(name for name in changed if name not in back)
    return Undoing(back, left, _unused(present, values | back))


def _unused(present: ShopSettings, values: Mapping[str, Any]) -> tuple[str, ...]:
    asked, new = {values["strategy"], values["auto_strategy"]}, present.tuned["new_models"]
    return tuple(
        kind
        for kind, version in (new.items() if isinstance(new, Mapping) else ())
        if present.models.get(kind) == version and not values[f"w_{kind}"] and kind not in asked
    )


def _plain(settings: ShopSettings) -> dict[str, Any]:
    fields = {n: v for n, v in asdict(settings).items() if n not in _OTHERS}
    plain = {n: v.value if SETTINGS[n].choices else v for n, v in fields.items()}
    return plain | {name: dict(plain[name]) for name in (WEIGHTS, VECTORS)}
