"""The hybrid that tunes itself: settings searched, compared with those in force, and judged."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from app.domain.errors import InvalidInput
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.ports import MakeShop
from app.offline.evaluation.sources import ShopData
from app.offline.evaluation.splits import facts
from app.offline.tuning.comparing import Verdict, compared
from app.offline.tuning.evidence import changes_of
from app.offline.tuning.judging import OfflineValues, parsed_metric
from app.offline.tuning.knobs import Facts, made_of, says
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
from app.offline.tuning.simplifying import simplify

_SEARCH_SHARE = 0.75  # of the time; the rest is for simplifying
_SAYS_SHARE = 3  # of the trials, one in so many goes to what behaviour says


@dataclass(frozen=True)
class Outcome:
    """What a tuning found."""

    present: ShopSettings
    found: ShopSettings
    verdict: Verdict
    shown: str
    split: Mapping[str, Any]
    tried: tuple[Tried, ...]
    options: TuningOptions
    searched: int
    """Shoppers that the search looked at."""
    milliseconds: tuple[float, float] = (0.0, 0.0)
    """Of a request, by the former and by the found settings."""
    seconds: float = 0.0
    changed: Mapping[str, list[Any]] = field(default_factory=dict)


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
