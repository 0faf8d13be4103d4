"""What is written down of a tuning with the shop's settings, and what takes it back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain.errors import InvalidInput
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.services.tuning.knobs import VECTORS, WEIGHTS

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


def undoing(present: ShopSettings) -> dict[str, Any]:
    """Return the changes that put back what was before the last tuning, or raise InvalidInput."""
    former = present.tuned.get("former")
    if not former:
        raise InvalidInput("tuned", "there is no tuning to undo: none is in force")
    return {**to_settings(former, present), "tuned": {}}


def _plain(settings: ShopSettings) -> dict[str, Any]:
    fields = {n: v for n, v in asdict(settings).items() if n not in _OTHERS}
    plain = {n: v.value if n in _ENUMS else v for n, v in fields.items()}
    return plain | {name: dict(plain[name]) for name in (WEIGHTS, VECTORS)}
