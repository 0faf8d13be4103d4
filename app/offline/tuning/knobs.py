"""The settings that tuning searches, and how a value of each becomes a setting.

Every knob of a stage is drawn in every trial, so that all of them are modelled together; one that
does not matter there (the neighbours' where `w_user` is 0) has no effect.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from app.domain.setting import Setting, Stale
from app.domain.settings import SETTINGS, WEIGHTS_OF, ShopSettings, Strategy

_OFF_SHARE = 0.25
"""Of the draws of a knob that may be off, those that are."""
_DIGITS = 3
"""Of a found value: more would say nothing, and people read them."""
WEIGHTS, VECTORS = "weights", "vector_weights"


class Draw(Protocol):
    """Where values come from: a trial of the search."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number within the bounds."""

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> Any:
        """Return one of the choices."""


@dataclass(frozen=True)
class Facts:
    """What is known of a shop before anything is tried, so that nothing is turned in vain."""

    has_events: bool = False
    has_times: bool = False
    has_features: bool = False
    heeds_recency: bool = False
    """Whether a model may take part that can weigh items by when they were taken up."""
    again: bool = False
    """Whether lists may hold what the shopper had before."""
    models: tuple[str, ...] = ()
    """Kinds that were fitted."""
    kinds: tuple[str, ...] = ()
    """Kinds of events that occur and have a weight."""
    without: tuple[str, ...] = ()
    """Parts of the hybrid that may not be used."""
    vectors: tuple[str, ...] = ()
    """Names of the items' vectors, if there are several."""


@dataclass(frozen=True)
class Knob:
    """One setting and its range. `name`: a field, or a field and a key of it: `weights.view`."""

    name: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    may_be_off: bool = False
    """Values below `low` are drawn too, and mean 0."""
    choices: tuple[str, ...] = ()
    when: str = ""
    """The fact that it takes; a kind of model where it is none."""

    @property
    def lowest(self) -> float:
        if not self.may_be_off:
            return self.low
        return self.low - (self.high - self.low) * _OFF_SHARE / (1.0 - _OFF_SHARE)

    def draw(self, trial: Draw) -> Any:
        if self.choices:
            return trial.suggest_categorical(self.name, self.choices)
        drawn = trial.suggest_float(self.name, self.lowest, self.high, log=self.log)
        if self.may_be_off and drawn < self.low:
            return 0.0
        return round(drawn) if self.whole else rounded(drawn)

    def position(self, value: Any) -> Any:
        """Return what would be drawn for a value, as far as the range goes."""
        if self.choices:
            return value if value in self.choices else self.choices[0]
        if self.may_be_off and value <= 0:
            return (self.lowest + self.low) / 2.0
        return min(max(float(value), self.low), self.high)


def knobs_of(rows: Mapping[str, Setting]) -> tuple[Knob, ...]:
    """Return what may be turned, in the order of the table."""
    return tuple(
        Knob(
            row.name,
            search.low,
            search.high,
            log=search.log,
            whole=row.type is int,
            may_be_off=search.may_be_off,
            choices=tuple(choice.value for choice in row.choices),
            when=search.needs,
        )
        for row in rows.values()
        if (search := row.search)
    )


def _remakes_preferences(knob: Knob) -> bool:
    return Stale.PREFERENCES in SETTINGS[knob.name].stale


_ALL = knobs_of(SETTINGS)
MADE_OF = tuple(knob for knob in _ALL if not _remakes_preferences(knob))
"""What a list is made of: another value costs nothing but the lists."""
SAYS = tuple(knob for knob in _ALL if _remakes_preferences(knob))
"""What behaviour says: all preferences are computed anew for another value."""


def made_of(facts: Facts) -> tuple[Knob, ...]:
    several = facts.vectors if len(facts.vectors) > 1 else ()
    vectors = (Knob(f"{VECTORS}.{name}", 0.1, 10, log=True) for name in several)
    return (*(knob for knob in MADE_OF if _applies(knob, facts)), *vectors)


def says(facts: Facts, *, event_weights: bool) -> tuple[Knob, ...]:
    if not facts.has_events:
        return ()
    several = facts.kinds if event_weights and len(facts.kinds) > 1 else ()
    kinds = (Knob(f"{WEIGHTS}.{kind}", 0.01, 1, log=True) for kind in several)
    return (*(knob for knob in SAYS if _applies(knob, facts)), *kinds)


def _applies(knob: Knob, facts: Facts) -> bool:
    if knob.name.removeprefix("w_") in facts.without:
        return False
    if knob.when in facts.__dataclass_fields__:
        return bool(getattr(facts, knob.when))
    return not knob.when or knob.when in facts.models


def rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


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
    fields = {name: SETTINGS[name].restored(value) for name, value in fields.items()}
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
