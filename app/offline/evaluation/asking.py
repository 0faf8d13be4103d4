"""What is asked about every shopper of a part, and what is answered: lists, predictions."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.questions import Questions
from app.offline.evaluation.splits import Part

_TOLD_EVERY = 16  # shoppers between two words of progress


class Mode(StrEnum):
    """Which items a list may hold."""

    NEW = "new items"
    """Not what the shopper did anything with before."""
    ALL = "all items"
    """What was bought before may come again."""
    HELD = "held-out items"
    """Only what nobody has done anything with yet."""


@dataclass(frozen=True)
class Answers:
    """What a variant answered; arrays and lists follow the order of the questions."""

    ranked: Mapping[Mode, Int32s]
    """Shape (n, longest list): places in the catalogue, -1 where the list ended."""
    personal: npt.NDArray[np.bool_]
    """Whether the list was made for this shopper, shape (n,)."""
    predicted: Sequence[Float64s]
    """Of the ratings to be told; empty where the variant predicts none."""
    seconds: float
    untold: Sequence[Mode] = ()
    """Modes in which the variant has nothing to show by its very idea."""


@dataclass(frozen=True)
class Asking:
    """What is asked in the same way of every variant."""

    part: Part
    questions: Questions
    items: tuple[str, ...]
    """Ids of the catalogue by place."""
    modes: Sequence[Mode]
    n: int
    """Length of the lists."""
    seed: int
    held: Int32s | None = None
    """The places that alone are offered where items are held out; None: all are."""


Shown = tuple[Int32s, bool]
"""Places in the catalogue, and whether the list was made for the shopper."""


class Answerer(Protocol):
    """One way of recommending; `place` is that of the question."""

    untold: Sequence[Mode]
    predicts: bool
    """Whether ratings are predicted."""

    def shown(self, place: int, mode: Mode) -> Shown:
        """Return a list."""

    def predicted(self, place: int) -> Float64s:
        """Return a prediction of each rating the shopper gave."""


def ask(asking: Asking, answerer: Answerer, told: Callable[[int], None]) -> Answers:
    """Return the answers to all questions; `told` hears of every few shoppers."""
    started, size = time.perf_counter(), len(asking.questions)
    ranked = {mode: np.full((size, asking.n), -1, np.int32) for mode in asking.modes}
    personal, predicted = np.zeros(size, bool), []
    for place in range(size):
        for mode, lists in ranked.items():
            shown, personal[place] = answerer.shown(place, mode)
            lists[place, : len(shown)] = shown
        if answerer.predicts:
            predicted.append(answerer.predicted(place))
        if (place + 1) % _TOLD_EVERY == 0:
            told(_TOLD_EVERY)
    told(size % _TOLD_EVERY)
    seconds = time.perf_counter() - started
    return Answers(ranked, personal, predicted, seconds, answerer.untold)
