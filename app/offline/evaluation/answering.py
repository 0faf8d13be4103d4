"""Ways to answer: by a shelf of the shop, and by the plain lists that ask no shop."""

from collections.abc import Sequence

import numpy as np

from app.domain.settings import Strategy
from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.asking import Answerer, Asking, Mode, Shown
from app.offline.evaluation.ports import AskedShop
from app.offline.evaluation.variants import LAST_BOUGHT, RANDOM, RATINGS, Variant


def answerer_of(variant: Variant, asking: Asking, shop: AskedShop) -> Answerer:
    """Return what answers for a variant, its settings being in force."""
    if variant.name == RATINGS:
        return FittedRatings(asking, shop)
    if variant.settings is None:
        return {RANDOM: AtRandom, LAST_BOUGHT: LastTaken}[variant.name](asking)
    shop.set(variant.settings)
    return ByShelf(asking, shop, variant)


class ByShelf:
    """Answers of a shelf of the shop."""

    untold: Sequence[Mode] = ()

    def __init__(self, asking: Asking, shop: AskedShop, variant: Variant) -> None:
        self._asking = asking
        self._shop = shop
        self.predicts = variant.is_personal
        self._shelf = variant.shelf
        self._query = variant.query
        self._place_of = {id_: place for place, id_ in enumerate(asking.items)}

    def shown(self, place: int, mode: Mode) -> Shown:
        """Return a list."""
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
        """Return predicted ratings."""
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
        """Return a list."""
        user, seen = int(self._asking.questions.users[place]), self._asking.questions.seen[place]
        drawn = np.random.default_rng([self._asking.seed, user]).permutation(self._offered)
        if mode is Mode.NEW:
            drawn = drawn[~np.isin(drawn, seen)]
        return drawn[: self._asking.n], False

    def predicted(self, place: int) -> Float64s:
        """Return predicted ratings."""
        return np.full(self._asking.questions.rated[place][0].size, np.nan)


class LastTaken(AtRandom):
    """What the shopper did something with, the last first."""

    untold = (Mode.NEW, Mode.HELD)

    def shown(self, place: int, mode: Mode) -> Shown:
        """Return a list."""
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
        """Return an empty list."""
        return np.empty(0, np.int32), False

    def predicted(self, place: int) -> Float64s:
        """Return predicted ratings."""
        ids = _rated(self._asking, place)
        subject = _subject(self._asking, place)
        return self._shop.predict_by_model(subject, ids) if ids else np.empty(0)
