"""Parameters of a method, chosen on the validation question within a budget equal for all."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy_common import Question, Rows, judge, load

TRIALS, SECONDS = 12, 240.0
_SEED = 1
Parameters = Mapping[str, Any]
Rank = Callable[[Question, tuple[str, ...], Parameters], dict[str, Rows]]
"""Given a question, its modes and parameters: the best items of each of the asked, by mode."""


@dataclass(frozen=True)
class Method:
    """A way to rank; of each parameter the values that are tried, the usual one first."""

    name: str
    rank: Rank
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """What the search for parameters may cost: trials, and seconds of processor time."""

    goal: str
    modes: tuple[str, ...]
    trials: int = TRIALS
    seconds: float = SECONDS


@dataclass
class Choice:
    """The best parameters of a method by mode, what they reached, and what it took to find them."""

    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    reached: dict[str, float] = field(default_factory=dict)
    trials: int = 0
    seconds: float = 0.0

    def take(self, mode: str, parameters: dict[str, Any], value: float) -> None:
        """Keep the parameters if nothing better was found in the mode."""
        if value > self.reached.get(mode, -1.0):
            self.reached[mode], self.parameters[mode] = value, parameters


def choose(method: Method, validation: Question, budget: Budget) -> Choice:
    """Try parameters until the budget is spent; the last trial may run over it."""
    choice, begun = Choice(), time.process_time()
    for parameters in _trials(method.grid, budget.trials):
        ranked = method.rank(validation, budget.modes, parameters)
        for mode in budget.modes:
            reached = judge(ranked[mode], validation.wanted(mode))[budget.goal]
            choice.take(mode, parameters, float(np.nanmean(reached)))
        choice.trials += 1
        choice.seconds = time.process_time() - begun
        if choice.seconds > budget.seconds:
            break
    return choice


def answer(method: Method, test: Question, choice: Choice) -> dict[str, Rows]:
    """Return the lists of the chosen parameters, by mode."""
    ranked: dict[str, Rows] = {}
    for mode, parameters in choice.parameters.items():
        if mode not in ranked:
            alike = tuple(m for m, other in choice.parameters.items() if other == parameters)
            ranked |= method.rank(test, alike, parameters)
    return ranked


def examine(method: Method, folder: Path, budget: Budget, known: Choice | None) -> None:
    """Choose unless known, answer, and leave NAME.npz and NAME.json in the folder."""
    choice = known or choose(method, load(folder / "validation.npz"), budget)
    begun = time.process_time()
    ranked = answer(method, load(folder / "test.npz"), choice)
    spent = time.process_time() - begun
    np.savez(folder / f"{method.name}.npz", **ranked)  # type: ignore[arg-type]
    told = {"choice": asdict(choice), "answer_seconds": spent}
    (folder / f"{method.name}.json").write_text(json.dumps(told, indent=1))


def _trials(grid: Mapping[str, tuple[Any, ...]], most: int) -> Iterator[dict[str, Any]]:
    """Yield the usual parameters first, then others, drawn without repeating."""
    sizes = [len(values) for values in grid.values()]
    every = list(itertools.product(*(range(size) for size in sizes)))
    order = [0, *(1 + np.random.default_rng(_SEED).permutation(len(every) - 1))]
    for at in order[:most]:
        yield {name: grid[name][place] for name, place in zip(grid, every[at], strict=True)}
