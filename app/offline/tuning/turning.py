"""Values of knobs made into settings, and back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain.settings import WEIGHTS_OF, ShopSettings, Similarity, Strategy
from app.offline.tuning.knobs import VECTORS, WEIGHTS, Draw, Knob, rounded


def drawn(trial: Draw, knobs: Sequence[Knob], base: ShopSettings) -> ShopSettings:
    """Return a hybrid with every knob drawn; whatever has none is as in `base`."""
    return turned(hybrid(base), {knob.name: knob.draw(trial) for knob in knobs})


def hybrid(settings: ShopSettings) -> ShopSettings:
    """Return the settings with `auto` in force, and the hybrid as what it stands for."""
    return replace(settings, strategy=Strategy.AUTO, auto_strategy=Strategy.HYBRID)


def turned(base: ShopSettings, values: Mapping[str, Any]) -> ShopSettings:
    """Return settings with other values, by the names of knobs.

    Of the hybrid's parts those not named are off, if any is; the weights are made to sum 1. Weights
    of events are drawn relative to the strongest kind: it keeps what the strongest says in `base`.
    """
    fields = {name: value for name, value in values.items() if "." not in name}
    if parts := {name: fields.pop(name) for name in WEIGHTS_OF if name in values}:
        fields |= dict.fromkeys(WEIGHTS_OF, 0.0) | _shares(parts)
    if "similarity" in fields:
        fields["similarity"] = Similarity(fields["similarity"])
    if kinds := _keyed(values, WEIGHTS):
        fields[WEIGHTS] = {**base.weights, **_of_events(kinds, base.weights)}
    if vectors := _keyed(values, VECTORS):
        fields[VECTORS] = {**base.vector_weights, **vectors}
    return replace(base, **fields)


def position(knobs: Sequence[Knob], settings: ShopSettings) -> dict[str, Any]:
    """Return what would be drawn for settings, as far as the ranges go."""
    strongest = max(map(abs, settings.weights.values()), default=0.0) or 1.0

    def value(name: str) -> Any:
        field, _, key = name.partition(".")
        if field == WEIGHTS:
            return abs(settings.weights[key]) / strongest
        return settings.vector_weights.get(key, 1.0) if key else getattr(settings, field)

    return {knob.name: knob.position(value(knob.name)) for knob in knobs}


def fields_of(knobs: Sequence[Knob]) -> set[str]:
    """Return the fields of the settings that the knobs turn; with one weight, all of them."""
    found = {knob.name.partition(".")[0] for knob in knobs}
    return found | set(WEIGHTS_OF) if found & set(WEIGHTS_OF) else found


def _keyed(values: Mapping[str, Any], field: str) -> dict[str, float]:
    prefix = f"{field}."
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    """Return the weights scaled to sum 1; where all are 0 they are all the same."""
    total = math.fsum(parts.values())
    if total <= 0:
        parts, total = dict.fromkeys(parts, 1.0), float(len(parts))
    return {name: rounded(weight / total) for name, weight in parts.items()}


def _of_events(kinds: Mapping[str, float], base: Mapping[str, float]) -> dict[str, float]:
    highest = max(kinds.values())
    strongest = max(abs(base[kind]) for kind in kinds)
    return {
        kind: math.copysign(rounded(strongest * value / highest), base[kind])
        for kind, value in kinds.items()
    }
