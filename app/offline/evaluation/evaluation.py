"""Variants asked and judged: one value a shopper of every metric, by view."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.data.importing.runs import Progress, no_progress
from app.domain.errors import InvalidInput
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s, Int32s, Int64s
from app.offline.evaluation.asking import Answers, AskedShop, Asking, MakeShop, answerer_of, ask
from app.offline.evaluation.interactions import Interactions, Mask
from app.offline.evaluation.options import EvaluationOptions, Mode, SplitKind
from app.offline.evaluation.questions import drawn, positive_rows, questions_of
from app.offline.evaluation.sources import ShopData
from app.offline.evaluation.splits import Part, split, validation
from app.offline.evaluation.variants import (
    BASELINES,
    FEWEST_RATINGS,
    LAST_BOUGHT,
    POPULAR,
    RANDOM,
    RATINGS,
    RECENT,
    Variant,
    baseline,
)
from app.offline.metrics.accuracy import judge

Values = dict[str, Float64s]
"""By metric, shape (questions,) or (users,)."""
COLD_ITEMS = ", without history"
"""What is added to a view's name where only items that nobody took before are to be found."""
PREDICTED = "predicted ratings"


@dataclass(frozen=True)
class Judged:
    """What a variant gave: values of shape (n_users,) by view and metric; and its answers."""

    variant: Variant
    views: Mapping[str, Values]
    answers: Sequence[Answers]
    """One a part."""
    seconds: Mapping[str, float]


class Evaluation:
    """One split of a shop's past, by which variants are judged as often as is wanted."""

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
        """The shoppers that are asked about, in the order of their ids, shape (n_users,)."""
        every: Int32s = np.unique(np.concatenate([q.users for q in self.questions]))
        return every

    @cached_property
    def history(self) -> Int64s:
        """Rows of each in the training part (the least of several)."""
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

    def run(self, variants: Sequence[Variant], progress: Progress = no_progress) -> list[Judged]:
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
        views = _merged(
            self.users,
            [
                (asking, _by_view(asking, given, self.options.at, self.popularity(asking.part)))
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

    @property
    def usual_baseline(self) -> str:
        """What the others are tested against; of held-out items none is popular yet."""
        return RANDOM if Mode.HELD in self.modes else POPULAR

    def compared(self, variants: Sequence[Variant], *, fit_ratings: bool) -> list[Variant]:
        """Return the plain lists first, then the variants, each name once, then the ratings.

        fit_ratings : a model of ratings is compared, too, where there are enough to fit it to.
        """
        every = {variant.name: variant for variant in (*self.baselines(), *variants)}
        ratings = [Variant(RATINGS)] if fit_ratings and self._tells_ratings() else []
        return [*every.values(), *ratings]

    def baselines(self) -> list[Variant]:
        """Return what any way of recommending has to beat, as far as it can be told here."""
        told = {POPULAR: True, RANDOM: True, LAST_BOUGHT: Mode.ALL in self.modes}
        told[RECENT] = (
            self.has_events and self.data.interactions.has_times and Mode.HELD not in self.modes
        )
        return [baseline(name, self.settings) for name in BASELINES if told[name]]

    def _tells_ratings(self) -> bool:
        least = min(int(part.train.is_rating.sum()) for part in self.parts)
        asked = any(items.size for questions in self.questions for items, _ in questions.rated)
        return asked and least >= FEWEST_RATINGS


def _by_view(
    asking: Asking, answers: Answers, at: Sequence[int], popularity: Float64s
) -> dict[str, Values]:
    """Return the values of one part by view; shoppers with nothing to find have NaN."""
    views: dict[str, Values] = {}
    for mode, ranked in answers.ranked.items():
        if mode in answers.untold:
            continue
        wanted = asking.questions.new if mode is Mode.NEW else asking.questions.taken
        views[mode.value] = judge(ranked, wanted, at)
        cold = [items[popularity[items] == 0] for items in wanted]
        if mode is not Mode.HELD and any(items.size for items in cold):
            views[mode.value + COLD_ITEMS] = judge(ranked, cold, at)
    if any(told.size for told in answers.predicted):
        views[PREDICTED] = _errors(answers.predicted, asking)
    return {view: values for view, values in views.items() if _says_anything(values)}


def _says_anything(values: Values) -> bool:
    return any(bool((~np.isnan(column)).any()) for column in values.values())


def _errors(predicted: Sequence[Float64s], asking: Asking) -> Values:
    size = len(predicted)
    found = {name: np.full(size, np.nan) for name in ("mae", "rmse", "mse")}
    for place, told in enumerate(predicted):
        off = told - asking.questions.rated[place][1]
        off = off[~np.isnan(off)]
        if off.size:
            found["mae"][place] = np.abs(off).mean()
            found["mse"][place] = (off * off).mean()
            found["rmse"][place] = np.sqrt(found["mse"][place])
    return found


def _merged(
    users: Int32s, parts: Sequence[tuple[Asking, Mapping[str, Values]]]
) -> dict[str, Values]:
    """Return values by shopper, shape (n_users,): of one in several parts the mean."""
    names = {
        (view, metric): None
        for _, views in parts
        for view, values in views.items()
        for metric in values
    }
    found: dict[str, Values] = {}
    for view, metric in names:
        sums, counts = np.zeros(users.size), np.zeros(users.size)
        for asking, views in parts:
            if view in views:
                values = views[view][metric]
                at = np.searchsorted(users, asking.questions.users)
                sums[at] += np.nan_to_num(values)
                counts[at] += ~np.isnan(values)
        means = np.full(users.size, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        found.setdefault(view, {})[metric] = means
    return found


def _places(data: Interactions, catalogue: Sequence[str]) -> Int32s:
    """Return the place in the catalogue of each item of the data; -1 for what is not on offer."""
    place_of = {id_: place for place, id_ in enumerate(catalogue)}
    return np.array([place_of.get(id_, -1) for id_ in data.items], np.int32)
