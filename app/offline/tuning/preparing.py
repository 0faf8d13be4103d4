"""What a tuning starts from: a held-out part, facts of the shop, and settings to begin with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from app.domain.catalogue import FEATURES, Item
from app.domain.errors import InvalidInput
from app.domain.events import Kind
from app.domain.ratings import RatingScale
from app.domain.settings import WEIGHTS_OF, ShopSettings, Strategy
from app.learning.kinds import KINDS
from app.offline.evaluation.asking import MakeShop
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.options import EvaluationOptions, Mode, SplitKind, SplitOptions
from app.offline.evaluation.sources import ShopData
from app.offline.tuning.knobs import WEIGHTS, Facts, hybrid, made_of, says, turned

FEWEST = 20
"""Shoppers in the validation part below which nothing can be told."""
_FEW = 200
"""Known shoppers after a cut in time below which more is held out."""
_LONGER, _MOST_LAST = 0.2, 5


@dataclass(frozen=True)
class TuningOptions:
    metric: str = "ndcg@10"
    shown: Mode | None = None
    """None: all items where purchases come again, else new ones."""
    trials: int = 60
    seconds: float = 600.0
    """Of the search; filling the shop and comparing come on top."""
    users: int = 1000
    """Shoppers that the search looks at, at most."""
    seed: int = 1
    models: tuple[str, ...] = ()
    """Kinds of learned models that may take part."""
    without: tuple[str, ...] = ()
    """Parts of the hybrid that may not be used, be it for their cost."""
    event_weights: bool = False
    split: SplitOptions | None = None
    """None: as the data allow."""
    targets: tuple[str, ...] = ()
    """Kinds of events that are right; none: all of positive weight."""


def held_out(
    data: ShopData,
    options: TuningOptions,
    *,
    present: ShopSettings,
    scale: RatingScale,
    make_shop: MakeShop,
) -> Evaluation:
    """Return the validation part: by time, else each shopper's last, else a random fifth.

    Raises InvalidInput, in words, where there is too little to tell anything.
    """
    errors, found = [], []
    for split in [options.split] if options.split else _splits(data):
        asked = EvaluationOptions(
            split=split,
            modes=() if options.shown is None else (options.shown,),
            kinds=options.targets,
            seed=options.seed,
        )
        try:
            made = Evaluation(data, asked, settings=present, scale=scale, make_shop=make_shop)
        except InvalidInput as error:
            errors.append(error)
            continue
        found.append(made)
        if known_shoppers(made) >= _FEW:
            break
    if not found:
        raise errors[0]
    return max(found, key=known_shoppers)


def _last(data: ShopData) -> int:
    """Return how many items of each shopper to hold out: a tenth of what half of them have."""
    rows = np.bincount(data.interactions.user)
    usual = float(np.median(rows[rows > 0])) if len(data.interactions) else 0.0
    return int(min(max(1.0, usual / 10.0), _MOST_LAST))


def known_shoppers(evaluation: Evaluation) -> int:
    """Return of how many shoppers of the validation part something is known from before."""
    return int((evaluation.questions[0].history > 0).sum())


def _splits(data: ShopData) -> Iterator[SplitOptions]:
    if data.interactions.has_times:
        yield SplitOptions(SplitKind.TIME)
        yield SplitOptions(SplitKind.TIME, share=_LONGER)
        yield SplitOptions(SplitKind.LAST, last=_last(data))
    else:
        yield SplitOptions(SplitKind.FOLDS)


def shown_of(evaluation: Evaluation) -> Mode:
    return Mode.ALL if Mode.ALL in evaluation.modes else Mode.NEW


def facts_of(evaluation: Evaluation, options: TuningOptions) -> Facts:
    known, weights = evaluation.parts[0].train, evaluation.settings.weights
    kinds = tuple(sorted(kind for kind in known.kind_names().values() if weights.get(kind)))
    has_times = evaluation.has_events and known.has_times
    return Facts(
        has_events=evaluation.has_events,
        has_times=has_times,
        has_features=any(map(_has_features, evaluation.data.items)),
        heeds_recency=has_times and any(KINDS[kind].heeds_weights for kind in options.models),
        again=shown_of(evaluation) is Mode.ALL and has_times and Kind.PURCHASE.value in kinds,
        models=options.models,
        without=options.without,
        kinds=kinds,
        vectors=_vectors(evaluation.data.items),
    )


def _has_features(item: Item) -> bool:
    encoded = item.encoding is not None and bool(item.encoding.dims)
    return encoded or item.features is not None or bool(item.vectors)


def _vectors(items: tuple[Item, ...]) -> tuple[str, ...]:
    names = {name for item in items for name in item.vectors}
    if any(item.features is not None for item in items):
        names.add(FEATURES)
    return tuple(sorted(names))


def starts(
    present: ShopSettings, facts: Facts, *, event_weights: bool
) -> Mapping[str, ShopSettings]:
    """Return what is tried first: what is known to be good in one shop or another."""
    found = {"popular": replace(hybrid(present), auto_strategy=Strategy.POPULAR)}
    parts = [knob.name for knob in made_of(facts) if knob.name in WEIGHTS_OF]
    base = hybrid(present)
    for name in parts:
        found[f"{WEIGHTS_OF[name]} alone"] = turned(base, {name: 1.0})
    if len(parts) > 1:
        found["equal parts"] = turned(base, dict.fromkeys(parts, 1.0))
    if facts.again:
        found["what is due again"] = replace(base, repeat_strength=1.0)
    kinds = [k.name for k in says(facts, event_weights=event_weights) if k.name.startswith(WEIGHTS)]
    if kinds:
        found["equal events"] = turned(base, dict.fromkeys(kinds, 1.0))
    return found
