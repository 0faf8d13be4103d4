"""The hybrid that tunes itself: settings searched, compared with those in force, and judged."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from app.domain.errors import InvalidInput
from app.domain.ratings import RatingScale
from app.domain.settings import SETTINGS, WEIGHTS_OF, ShopSettings
from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.asking import AskedShop, MakeShop
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.options import Mode
from app.offline.evaluation.questions import Questions
from app.offline.evaluation.sources import ShopData
from app.offline.evaluation.splits import facts
from app.offline.metrics.accuracy import judge
from app.offline.tuning.applying import Outcome, changes_of
from app.offline.tuning.comparing import Verdict, compared, lead
from app.offline.tuning.knobs import MADE_OF, SAYS, VECTORS, WEIGHTS, Facts, made_of, says, turned
from app.offline.tuning.preparing import (
    FEWEST,
    TuningOptions,
    facts_of,
    held_out,
    known_shoppers,
    shown_of,
    starts,
)
from app.offline.tuning.search import Places, Search, Stage, Told, Tried, Values

_SLACK = 0.5
"""Standard errors of the difference that all simplifications together may cost."""
_FIELDS = tuple(knob.name for knob in (*MADE_OF, *SAYS) if knob.name not in WEIGHTS_OF)
_ONLY_FOR = {
    row.name: row.search.only_for for row in SETTINGS.values() if row.search and row.search.only_for
}
"""Settings that say how a part is made, and the weight of that part."""


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
    for table in (WEIGHTS, VECTORS):
        before, after = getattr(former, table), getattr(found, table)
        keys = sorted(before.keys() | after.keys())
        fields += [f"{table}.{key}" for key in keys if before.get(key) != after.get(key)]
    return tuple(fields)


def _parts(settings: ShopSettings) -> list[str]:
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
    idle = [name for name, part in _ONLY_FOR.items() if not getattr(settings, part)]
    return replace(settings, **{name: getattr(former, name) for name in idle})


METRICS = ("ndcg", "map", "mrr", "recall", "precision", "hit")
_TIMED = 100
"""Requests of each kind whose time is taken."""
_TURNS = 4


def parsed_metric(text: str) -> tuple[str, int]:
    """Return the name and the length of lists of a metric such as ndcg@10."""
    name, _, length = text.partition("@")
    if name not in METRICS or not length.isascii() or not length.isdecimal() or int(length) < 1:
        known = ", ".join(METRICS)
        raise InvalidInput(
            "metric", f"{text!r} is none; take one of {known} with a length: ndcg@10"
        )
    return name, int(length)


class OfflineValues:
    """Asks a shop about the known shoppers of the first part of an evaluation who took anything.

    Keeps the promise of `search.Values`; a place is a shopper.
    """

    def __init__(self, evaluation: Evaluation, shop: AskedShop, metric: str, mode: Mode) -> None:
        self.metric = metric
        self._shop = shop
        _, self._length = parsed_metric(metric)
        self._questions, self._wanted = _with_wanted(evaluation.questions[0], mode)
        self._mode = mode
        self._users = evaluation.parts[0].test.users
        self._items = evaluation.items
        self._place_of = {id_: place for place, id_ in enumerate(evaluation.items)}

    def __len__(self) -> int:
        return len(self._questions)

    def __call__(self, settings: ShopSettings, places: Places) -> Float64s:
        self._shop.set(settings)
        ranked = np.full((places.size, self._length), -1, np.int32)
        for row, place in enumerate(places.tolist()):
            shown = self._rank(place)
            ranked[row, : len(shown)] = [self._place_of[id_] for id_ in shown]
        wanted = [self._wanted[place] for place in places.tolist()]
        return judge(ranked, wanted, (self._length,))[self.metric]

    def milliseconds(
        self, former: ShopSettings, found: ShopSettings, *, seed: int
    ) -> tuple[float, float]:
        """Return the median time of a request by each settings, the two taken in turns."""
        size = len(self)
        drawn = np.random.default_rng(seed).permutation(size)[:_TIMED]
        took: tuple[list[float], list[float]] = ([], [])
        for places in np.array_split(drawn, min(_TURNS, drawn.size)):
            for settings, spent in zip((former, found), took, strict=True):
                self._shop.set(settings)
                self._seconds(int(places[0]))  # to warm up
                spent += [self._seconds(int(place)) for place in places]
        before, after = (round(float(np.median(spent)) * 1000, 3) for spent in took)
        return before, after

    def _seconds(self, place: int) -> float:
        started = time.perf_counter()
        self._rank(place)
        return time.perf_counter() - started

    def _rank(self, place: int) -> list[str]:
        asked = self._questions
        seen = asked.seen[place] if self._mode is Mode.NEW else ()
        return self._shop.rank(
            self._users[asked.users[place]],
            self._length,
            at=float(asked.at[place]),
            without=[self._items[item] for item in seen],
        ).items


def _with_wanted(questions: Questions, mode: Mode) -> tuple[Questions, Sequence[Int32s]]:
    """Return the questions of those who took what can be shown, and what they took.

    Those of whom nothing is known are left out: any settings show them what is popular.
    """
    wanted = questions.new if mode is Mode.NEW else questions.taken
    kept = [place for place, items in enumerate(wanted) if items.size and questions.history[place]]
    return questions.of(questions.users[kept].tolist()), [wanted[place] for place in kept]


_SEARCH_SHARE = 0.75  # of the time; the rest is for simplifying
_SAYS_SHARE = 3  # of the trials, one in so many goes to what behaviour says


def unheard(done: int, best: Tried, first: Tried) -> None:
    """Tell nobody."""


def tune(
    data: ShopData,
    options: TuningOptions,
    *,
    present: ShopSettings,
    scale: RatingScale,
    make_shop: MakeShop,
    told: Told = unheard,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Search on half of the validation shoppers, and compare on all and on the other half.

    Changes nothing. Raises InvalidInput, in words, where there is too little to tell anything.
    """
    parsed_metric(options.metric)
    began = clock()
    evaluation = held_out(data, options, present=present, scale=scale, make_shop=make_shop)
    part = evaluation.parts[0]
    _require_enough(known_shoppers(evaluation))
    shop = make_shop(part.train, data.items, present, part.now)
    values = OfflineValues(evaluation, shop, options.metric, shown_of(evaluation))
    _require_enough(len(values))
    searched, unseen = halves(len(values), users=options.users, seed=options.seed)
    search = searching(
        values,
        searched,
        facts_of(evaluation, options),
        options=options,
        present=present,
        told=told,
        clock=clock,
    )
    found = search.best.settings
    return Outcome(
        present,
        found,
        judged(values, present, found, unseen=unseen, size=len(values), seed=options.seed),
        shown=shown_of(evaluation).value,
        split=_split_facts(evaluation),
        tried=tuple(search.tried),
        options=options,
        searched=int(searched.size),
        milliseconds=values.milliseconds(present, found, seed=options.seed),
        seconds=round(clock() - began, 1),
        changed=changes_of(present, found),
    )


def halves(size: int, *, users: int, seed: int) -> tuple[Places, Places]:
    """Return the shoppers of the search, at most `users` of a half, and the other half."""
    drawn = np.random.default_rng(seed).permutation(size)
    return drawn[: size // 2][:users], np.sort(drawn[size // 2 :])


def searching(
    values: Values,
    places: Places,
    known: Facts,
    *,
    options: TuningOptions,
    present: ShopSettings,
    told: Told = unheard,
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Return a search that is over: `best` is what it found."""
    began = clock()

    def is_past(share: float) -> bool:
        return clock() - began >= share * options.seconds

    search = Search(
        values, places, seed=options.seed, told=told, is_over=lambda: is_past(_SEARCH_SHARE)
    )
    first = starts(present, known, event_weights=options.event_weights)
    search.begin(present, dict(list(first.items())[: options.trials - 1]))
    left = max(0, options.trials - len(search.tried))
    behaviour = says(known, event_weights=options.event_weights)
    search.run(Stage("behaviour", behaviour, left // _SAYS_SHARE if behaviour else 0))
    search.run(Stage("parts", made_of(known), max(0, options.trials - len(search.tried))))
    search.is_over = lambda: is_past(1.0)
    if search.best is not search.first:
        simplify(search)
    return search


def judged(
    values: Values,
    present: ShopSettings,
    found: ShopSettings,
    *,
    unseen: Places,
    size: int,
    seed: int,
) -> Verdict:
    """Compare two settings on all validation shoppers, and on those that the search never saw."""
    every = np.arange(size)
    before, after = values(present, every), values(found, every)
    compare = partial(compared, seed=seed)
    return Verdict(compare(before, after), compare(before[unseen], after[unseen]))


def _require_enough(size: int) -> None:
    if size < FEWEST:
        raise InvalidInput(
            "data",
            f"only {size} shoppers took anything in the part that is held out: too few to choose "
            f"settings by. It takes {FEWEST}, and some hundreds to tell small differences",
        )


def _split_facts(evaluation: Evaluation) -> dict[str, Any]:
    parts = evaluation.parts[:1]
    told = facts(parts, evaluation.options.split)
    first, last = int(parts[0].test.at.min()) / 1000, int(parts[0].test.at.max()) / 1000
    if first > 0:
        told |= {"validation_from": _moment(first), "validation_to": _moment(last)}
    return {name.replace("test_", "validation_"): value for name, value in told.items()}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
