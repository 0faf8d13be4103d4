"""The search: settings are tried on the same shoppers, and the best are kept.

Tree-structured Parzen estimators (Bergstra et al. 2011) say what to try next. A trial sees the
shoppers in blocks, and ends when it is clearly behind the best.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from app.domain.settings import ShopSettings
from app.engine.jit import Float64s
from app.offline.tuning.comparing import lead
from app.offline.tuning.knobs import Knob, drawn, fields_of, hybrid, position

if TYPE_CHECKING:
    import optuna

_BLOCKS = 4
"""Of shoppers in a trial."""
_BEHIND = 2.0
"""Standard errors of the difference by which a trial that ends early is behind."""
_RANDOM = 10
"""Trials of a stage that are drawn at random before the model is asked."""

Places = npt.NDArray[np.int64]


class Values(Protocol):
    def __call__(self, settings: ShopSettings, places: Places) -> Float64s:
        """Return the value of each of some shoppers by these settings, equal shape."""
        ...


@dataclass(frozen=True)
class Tried:
    """Settings, and what they gave each shopper of the search; fewer where it ended early."""

    name: str
    settings: ShopSettings
    values: Float64s

    @property
    def mean(self) -> float:
        return float(self.values.mean())


@dataclass(frozen=True)
class Stage:
    name: str
    knobs: Sequence[Knob]
    trials: int


class Told(Protocol):
    """Hears of every trial that has ended."""

    def __call__(self, done: int, best: Tried, first: Tried) -> None:
        """Take in how many are done, the best so far, and the settings in force."""


class Search:
    """Tries settings on some shoppers. `best` is complete: it has seen them all."""

    def __init__(
        self,
        values: Values,
        places: Places,
        *,
        seed: int,
        told: Told,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take what is to be made high and the shoppers; `is_over`: whether time is up."""
        self._values = values
        self._places = places
        self._seed = seed
        self._told = told
        self.is_over = is_over
        self.tried: list[Tried] = []
        self.best: Tried
        self.first: Tried

    def begin(self, present: ShopSettings, starts: Mapping[str, ShopSettings]) -> None:
        """Try the settings in force, and then what is known to be good elsewhere."""
        self.first = self.best = Tried("present", present, self._values(present, self._places))
        self._take(self.first)
        for name, settings in starts.items():
            if not self.is_over():
                self.attempt(name, settings)

    def run(self, stage: Stage) -> None:
        """Search from the best so far, and leave the better of both as `best`."""
        if not stage.knobs or not stage.trials or self.is_over():
            return
        base = hybrid(self.best.settings)
        study = _study(self._seed, stage)
        for known in self.tried:
            if known.values.size == self._places.size and _belongs(known.settings, base, stage):
                study.add_trial(_known(known, stage.knobs))
        for number in range(stage.trials):
            if self.is_over():
                return
            trial = study.ask()
            tried = self.attempt(f"{stage.name} {number + 1}", drawn(trial, stage.knobs, base))
            _tell(study, trial, tried, complete=tried.values.size == self._places.size)

    def attempt(self, name: str, settings: ShopSettings) -> Tried:
        values = np.empty(0)
        for block in np.array_split(self._places, min(_BLOCKS, self._places.size)):
            values = np.concatenate((values, self._values(settings, block)))
            ahead, error = lead(values, self.best.values[: values.size])
            if ahead + _BEHIND * error < 0.0 or self.is_over():
                break
        tried = Tried(name, settings, values)
        if values.size == self._places.size and tried.mean > self.best.mean:
            self.best = tried
        self._take(tried)
        return tried

    def _take(self, tried: Tried) -> None:
        self.tried.append(tried)
        self._told(len(self.tried), self.best, self.first)


def _study(seed: int, stage: Stage) -> "optuna.Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(
        seed=seed, n_startup_trials=min(_RANDOM, 1 + stage.trials // 3)
    )
    return optuna.create_study(direction="maximize", sampler=sampler)


def _belongs(settings: ShopSettings, base: ShopSettings, stage: Stage) -> bool:
    """Return whether settings differ from the base in nothing that the stage does not turn."""
    own = {field: getattr(settings, field) for field in fields_of(stage.knobs)}
    return replace(base, **own) == settings


def _known(tried: Tried, knobs: Sequence[Knob]) -> "optuna.trial.FrozenTrial":
    import optuna

    return optuna.trial.create_trial(
        params=position(knobs, tried.settings),
        distributions={knob.name: _distribution(knob) for knob in knobs},
        value=tried.mean,
    )


def _distribution(knob: Knob) -> Any:
    import optuna

    if knob.choices:
        return optuna.distributions.CategoricalDistribution(knob.choices)
    return optuna.distributions.FloatDistribution(knob.lowest, knob.high, log=knob.log)


def _tell(study: "optuna.Study", trial: "optuna.Trial", tried: Tried, *, complete: bool) -> None:
    import optuna

    if complete:
        study.tell(trial, tried.mean)
        return
    trial.report(tried.mean, tried.values.size)
    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
