"""What the found settings can do without: parts switched off, and knobs turned back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.settings import WEIGHTS_OF, ShopSettings
from app.offline.tuning.comparing import lead
from app.offline.tuning.knobs import MADE_OF, SAYS, VECTORS, WEIGHTS
from app.offline.tuning.search import Search, Tried
from app.offline.tuning.turning import turned

_SLACK = 0.5
"""Standard errors of the difference that all simplifications together may cost."""
_FIELDS = tuple(knob.name for knob in (*MADE_OF, *SAYS) if knob.name not in WEIGHTS_OF)
_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "w_user": ("k", "similarity", "shrinkage", "exponent", "asymmetry", "damping"),
    "w_co_rated": ("co_rarity", "co_damping", "co_exponent", "co_novelty"),
}
"""Settings that say how a part is made."""


def simplify(search: Search) -> None:
    """Turn back one changed setting after the other, and keep what costs next to nothing.

    Fewer parts are served faster, and what is changed without need can only do harm. After Breiman
    et al. (1984): the simplest within the error of the best.
    """
    found, former = search.best, search.first.settings
    kept = Tried(found.name, _tidy(found.settings, former), found.values)
    for name in (*_parts(kept.settings), *changed_names(former, kept.settings)):
        simpler = _without(name, kept.settings, former)
        if simpler is None or search.is_over():
            continue
        tried = search.attempt(f"without {name}", _tidy(simpler, former))
        if tried.values.size == found.values.size:
            ahead, error = lead(tried.values, found.values)
            kept = tried if ahead >= 0.0 or ahead >= -_SLACK * error else kept
    search.best = kept


def changed_names(former: ShopSettings, found: ShopSettings) -> tuple[str, ...]:
    """Return what differs, weights of the hybrid's parts aside, by the names of knobs."""
    fields = [name for name in _FIELDS if getattr(former, name) != getattr(found, name)]
    for field in (WEIGHTS, VECTORS):
        before, after = getattr(former, field), getattr(found, field)
        keys = sorted(before.keys() | after.keys())
        fields += [f"{field}.{key}" for key in keys if before.get(key) != after.get(key)]
    return tuple(fields)


def _parts(settings: ShopSettings) -> list[str]:
    """Return the weights of the parts that are on, the least first."""
    on = [name for name in WEIGHTS_OF if getattr(settings, name) > 0]
    return sorted(on, key=lambda name: float(getattr(settings, name)))


def _without(name: str, settings: ShopSettings, former: ShopSettings) -> ShopSettings | None:
    """Return settings with a part off or a knob turned back; None where nothing would be left."""
    if name in WEIGHTS_OF:
        others = {other: getattr(settings, other) for other in _parts(settings) if other != name}
        return turned(settings, others) if others else None
    field, _, key = name.partition(".")
    value: Any = getattr(former, field)
    if key:
        present = {other: w for other, w in getattr(settings, field).items() if other != key}
        value = present | ({key: value[key]} if key in value else {})
    return replace(settings, **{field: value})


def _tidy(settings: ShopSettings, former: ShopSettings) -> ShopSettings:
    """Turn back what says how a part is made that is off: it has no effect on the list."""
    idle = [
        name for part, names in _ONLY_FOR.items() if not getattr(settings, part) for name in names
    ]
    return replace(settings, **{name: getattr(former, name) for name in idle})
