"""What is written down of a tuning with the shop's settings, and what takes it back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from app.domain.errors import InvalidInput
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.offline.tuning.knobs import VECTORS, WEIGHTS

_OTHERS = {"version", "models", "tuned", "train_hours"}
"""Settings that no tuning changes."""
_ENUMS = {"strategy": Strategy, "auto_strategy": Strategy, "similarity": Similarity}


def changes_of(former: ShopSettings, found: ShopSettings) -> dict[str, list[Any]]:
    """Return [from, to] of every setting that differs, as plain values."""
    before, after = _plain(former), _plain(found)
    return {n: [before[n], after[n]] for n in before if before[n] != after[n]}


def to_settings(plain: Mapping[str, Any], present: ShopSettings) -> dict[str, Any]:
    """Return changes for `Settings.change` that give these plain values.

    Named vectors that have no weight there get none.
    """
    changes = {name: _ENUMS[name](v) if name in _ENUMS else v for name, v in plain.items()}
    if VECTORS in changes:
        changes[VECTORS] = dict.fromkeys(present.vector_weights) | dict(plain[VECTORS])
    return changes


class Undoing(NamedTuple):
    """What undoing the last tuning comes to."""

    back: Mapping[str, Any]
    """What was before, of the settings that are still as tuning made them."""
    left: tuple[str, ...]
    """Settings that somebody changed since."""
    off: tuple[str, ...]
    """Kinds whose models came with the tuning, and that nothing asks any more."""


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
    plain = {n: v.value if n in _ENUMS else v for n, v in fields.items()}
    return plain | {name: dict(plain[name]) for name in (WEIGHTS, VECTORS)}
