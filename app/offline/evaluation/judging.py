"""Answers to values, one a shopper, of every metric; by view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.asking import Answers, Asking, Mode
from app.offline.evaluation.variants import Variant
from app.offline.metrics.metrics import judge

Values = dict[str, Float64s]
"""By metric, shape (questions,) or (users,)."""
COLD_ITEMS = ", without history"
"""What is added to a view's name where only items that nobody took before are to be found."""
RATINGS = "predicted ratings"


@dataclass(frozen=True)
class Judged:
    """What a variant gave: values of shape (n_users,) by view and metric; and its answers."""

    variant: Variant
    views: Mapping[str, Values]
    answers: Sequence[Answers]
    """One a part."""
    seconds: Mapping[str, float]


def judged(
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
        views[RATINGS] = _errors(answers.predicted, asking)
    return {view: values for view, values in views.items() if _says_anything(values)}


def _says_anything(values: Values) -> bool:
    return any(bool((~np.isnan(column)).any()) for column in values.values())


def _errors(predicted: Sequence[Float64s], asking: Asking) -> Values:
    """Return each shopper's errors, NaN where nothing was told."""
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


def merged(
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
