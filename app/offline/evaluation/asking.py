"""What is asked about every shopper of a part, and what is answered: lists, predictions."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from app.domain.catalogue import Item
from app.domain.settings import ShopSettings, Strategy
from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.interactions import Interactions
from app.offline.evaluation.options import Mode
from app.offline.evaluation.questions import Questions
from app.offline.evaluation.splits import Part
from app.offline.evaluation.variants import LAST_BOUGHT, RANDOM, RATINGS, Variant

_TOLD_EVERY = 16  # shoppers between two words of progress


class Ranking(NamedTuple):
    """What a shelf shows: item ids, and what really made the list."""

    items: list[str]
    strategy: str


class AskedShop(Protocol):
    """A shop as it stood at some time past."""

    def set(self, settings: ShopSettings) -> None:
        """Put other settings in force."""

    def rank(
        self,
        subject: str,
        n: int,
        *,
        at: float | None = None,
        without: Sequence[str] = (),
        shelf: str = "for_you",
        **query: Any,
    ) -> Ranking:
        """Return the first n items of a shelf at a time (Unix seconds)."""

    def score(
        self,
        subject: str,
        items: Sequence[str],
        *,
        at: float | None = None,
        shelf: str = "for_you",
        **query: Any,
    ) -> Float64s:
        """Return how a shelf orders given items: a higher score stands first."""

    def predict(self, subject: str, items: Sequence[str]) -> Float64s:
        """Return predicted ratings; NaN where nothing can be said."""

    def predict_by_model(self, subject: str, items: Sequence[str]) -> Float64s:
        """Return ratings predicted by the fitted model; NaN where it cannot."""


MakeShop = Callable[[Interactions, Sequence[Item], ShopSettings, float], AskedShop]
"""Takes what the shop knows, its catalogue, its settings, and where its clock stands."""


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


def answerer_of(variant: Variant, asking: Asking, shop: AskedShop) -> Answerer:
    """Return what answers for a variant, its settings being in force."""
    if variant.name == RATINGS:
        return FittedRatings(asking, shop)
    if variant.settings is None:
        return {RANDOM: AtRandom, LAST_BOUGHT: LastTaken}[variant.name](asking)
    shop.set(variant.settings)
    return ByShelf(asking, shop, variant)


class ByShelf:
    untold: Sequence[Mode] = ()

    def __init__(self, asking: Asking, shop: AskedShop, variant: Variant) -> None:
        self._asking = asking
        self._shop = shop
        self.predicts = variant.is_personal
        self._shelf = variant.shelf
        self._query = variant.query
        self._place_of = {id_: place for place, id_ in enumerate(asking.items)}

    def shown(self, place: int, mode: Mode) -> Shown:
        asking = self._asking
        if mode is Mode.HELD:
            assert asking.held is not None
            scores = self._scores(place, asking.held)
            best = np.argsort(-scores, kind="stable")[: asking.n]  # equal ones by their ids
            return asking.held[best], bool((scores > 0.0).any())
        seen = asking.questions.seen[place] if mode is Mode.NEW else ()
        ranking = self._shop.rank(
            self._subject(place),
            asking.n,
            at=float(asking.questions.at[place]),
            without=[asking.items[item] for item in seen],
            shelf=self._shelf,
            **self._query,
        )
        shown = np.array([self._place_of[id_] for id_ in ranking.items], np.int32)
        return shown, ranking.strategy != Strategy.POPULAR

    def predicted(self, place: int) -> Float64s:
        ids = _rated(self._asking, place)
        return self._shop.predict(self._subject(place), ids) if ids else np.empty(0)

    def _scores(self, place: int, items: Int32s) -> Float64s:
        ids = [self._asking.items[item] for item in items]
        at = float(self._asking.questions.at[place])
        return self._shop.score(self._subject(place), ids, at=at, shelf=self._shelf, **self._query)

    def _subject(self, place: int) -> str:
        return _subject(self._asking, place)


def _rated(asking: Asking, place: int) -> list[str]:
    return [asking.items[item] for item in asking.questions.rated[place][0]]


def _subject(asking: Asking, place: int) -> str:
    return asking.part.test.users[int(asking.questions.users[place])]


class AtRandom:
    """Any items, drawn anew for each shopper, and the same in every run."""

    untold: Sequence[Mode] = ()
    predicts = False

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        every = np.arange(len(asking.items), dtype=np.int32)
        self._offered = every if asking.held is None else asking.held

    def shown(self, place: int, mode: Mode) -> Shown:
        user, seen = int(self._asking.questions.users[place]), self._asking.questions.seen[place]
        drawn = np.random.default_rng([self._asking.seed, user]).permutation(self._offered)
        if mode is Mode.NEW:
            drawn = drawn[~np.isin(drawn, seen)]
        return drawn[: self._asking.n], False

    def predicted(self, place: int) -> Float64s:
        return np.full(self._asking.questions.rated[place][0].size, np.nan)


class LastTaken(AtRandom):
    """What the shopper did something with, the last first."""

    untold = (Mode.NEW, Mode.HELD)

    def shown(self, place: int, mode: Mode) -> Shown:
        seen = self._asking.questions.seen[place] if mode is Mode.ALL else np.empty(0, np.int32)
        return seen[: self._asking.n], bool(seen.size)


class FittedRatings(AtRandom):
    """What the fitted model predicts. It has no lists to show."""

    untold: Sequence[Mode] = tuple(Mode)
    predicts = True

    def __init__(self, asking: Asking, shop: AskedShop) -> None:
        super().__init__(asking)
        self._shop = shop

    def shown(self, place: int, mode: Mode) -> Shown:
        return np.empty(0, np.int32), False

    def predicted(self, place: int) -> Float64s:
        ids = _rated(self._asking, place)
        subject = _subject(self._asking, place)
        return self._shop.predict_by_model(subject, ids) if ids else np.empty(0)
