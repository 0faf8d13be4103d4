"""Variants asked and judged: one value a shopper of every metric, by view."""

import time
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from app.data.importing.runs import Progress, no_progress
from app.domain.errors import InvalidInput
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings, Strategy
from app.engine.jit import Float64s, Int32s, Int64s
from app.offline.evaluation.asking import Answerer, Answers, Asking, Mode, Shown, ask
from app.offline.evaluation.interactions import Interactions, Mask
from app.offline.evaluation.judging import Judged, judged, merged
from app.offline.evaluation.options import EvaluationOptions
from app.offline.evaluation.ports import AskedShop, MakeShop
from app.offline.evaluation.questions import drawn, positive_rows, questions_of
from app.offline.evaluation.sources import ShopData
from app.offline.evaluation.splits import Part, SplitKind, split, validation
from app.offline.evaluation.variants import (
    BASELINES,
    LAST_BOUGHT,
    POPULAR,
    RANDOM,
    RATINGS,
    RECENT,
    Variant,
    baseline,
)


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


class Evaluation:
    """One split of a shop's past. `of` judges a variant by it, as often as is wanted."""

    def __init__(
        self,
        data: ShopData,
        options: EvaluationOptions,
        *,
        settings: ShopSettings,
        scale: RatingScale,
        make_shop: MakeShop,
    ) -> None:
        """Split and draw the shoppers. Raises InvalidInput where nothing can be asked."""
        self.data = data
        self.options = options
        self.settings = settings
        self._scale = scale
        self._make_shop = make_shop
        self._shop: tuple[int, AskedShop, float] | None = None
        self.items = tuple(item.item_id for item in data.items)
        self.place_of = _places(data.interactions, self.items)
        self.parts = self._split()
        asked = [
            questions_of(part, self._positive(part.test), self.place_of) for part in self.parts
        ]
        self.questions = drawn(asked, options.users, seed=options.seed)
        if not any(len(questions) for questions in self.questions):
            raise InvalidInput(
                "split", "nobody took anything on offer in the test part: there is nothing to judge"
            )
        self.modes = options.modes or self._usual_modes()

    @cached_property
    def users(self) -> Int32s:
        """Return the shoppers that are asked about, in the order of their ids, shape (n_users,)."""
        every: Int32s = np.unique(np.concatenate([q.users for q in self.questions]))
        return every

    @cached_property
    def history(self) -> Int64s:
        """Return how many rows each has in the training part (the least of several)."""
        least = np.full(self.users.size, np.iinfo(np.int64).max)
        for questions in self.questions:
            at = np.searchsorted(self.users, questions.users)
            least[at] = np.minimum(least[at], questions.history)
        return least

    def popularity(self, part: Part) -> Float64s:
        """Return how many rows of the training part are about each item of the catalogue."""
        places = self.place_of[part.train.item]
        counts = np.bincount(places[places >= 0], minlength=len(self.items))
        return counts.astype(np.float64)

    def of(self, variant: Variant, progress: Progress = no_progress) -> Judged:
        """Ask a variant about every shopper, and judge it."""
        return self.run([variant], progress)[0]

    def run(self, variants: Sequence[Variant], progress: Progress = no_progress) -> list[Judged]:
        """Ask several variants, each part's shop being filled once."""
        total = len(variants) * sum(map(len, self.questions))
        done = 0

        def told(more: int) -> None:
            nonlocal done
            done += more
            progress(done, total)

        answers: list[list[Answers]] = [[] for _ in variants]
        filling = 0.0
        for number, asking in enumerate(self._askings()):
            shop, seconds = self._filled(number)
            filling += seconds
            for place, variant in enumerate(variants):
                answers[place].append(ask(asking, answerer_of(variant, asking, shop), told))
        return [
            self._judged(variant, of_parts, filling)
            for variant, of_parts in zip(variants, answers, strict=True)
        ]

    def _judged(self, variant: Variant, answers: Sequence[Answers], filling: float) -> Judged:
        views = merged(
            self.users,
            [
                (asking, judged(asking, given, self.options.at, self.popularity(asking.part)))
                for asking, given in zip(self._askings(), answers, strict=True)
            ],
        )
        lists = sum(given.seconds for given in answers)
        return Judged(variant, views, answers, {"fill": filling, "lists": lists})

    def _askings(self) -> Iterable[Asking]:
        for part, questions in zip(self.parts, self.questions, strict=True):
            held = None if part.held_items is None else self.place_of[part.held_items]
            yield Asking(
                part=part,
                questions=questions,
                items=self.items,
                modes=self.modes,
                n=max(self.options.at),
                seed=self.options.seed,
                held=None if held is None else np.sort(held[held >= 0]),
            )

    def _filled(self, number: int) -> tuple[AskedShop, float]:
        """Return the shop of a part, and the seconds it took; only the last one is kept."""
        if self._shop is None or self._shop[0] != number:
            self._shop = None
            part, started = self.parts[number], time.perf_counter()
            shop = self._make_shop(part.train, self.data.items, self.settings, part.now)
            self._shop = number, shop, time.perf_counter() - started
        return self._shop[1], self._shop[2]

    def _split(self) -> tuple[Part, ...]:
        data, options = self.data.interactions, self.options
        parts = split(data, options.split, self._positive(data))
        if not options.on_validation:
            return parts
        return tuple(
            inner
            for part in parts
            for inner in validation(part, options.split, self._positive(part.train))
        )

    def _positive(self, rows: Interactions) -> Mask:
        options = self.options
        return positive_rows(
            rows, self.settings, self._scale, liked=options.liked, kinds=options.kinds
        )

    def _usual_modes(self) -> tuple[Mode, ...]:
        if self.options.split.kind is SplitKind.ITEMS:
            return (Mode.HELD,)
        repeated = any(
            taken.size > new.size
            for questions in self.questions
            for taken, new in zip(questions.taken, questions.new, strict=True)
        )
        return (Mode.NEW, Mode.ALL) if repeated and self.has_events else (Mode.NEW,)

    @property
    def has_events(self) -> bool:
        """Whether anything is known but ratings."""
        return bool((~self.data.interactions.is_rating).any())

    def baselines(self) -> list[Variant]:
        """Return what any way of recommending has to beat, as far as it can be told here."""
        told = {POPULAR: True, RANDOM: True, LAST_BOUGHT: Mode.ALL in self.modes}
        told[RECENT] = (
            self.has_events and self.data.interactions.has_times and Mode.HELD not in self.modes
        )
        return [baseline(name, self.settings) for name in BASELINES if told[name]]


def _places(data: Interactions, catalogue: Sequence[str]) -> Int32s:
    """Return the place in the catalogue of each item of the data; -1 for what is not on offer."""
    place_of = {id_: place for place, id_ in enumerate(catalogue)}
    return np.array([place_of.get(id_, -1) for id_ in data.items], np.int32)
