"""What was judged as one evaluation's results."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s, Int32s
from app.offline.evaluation import splits
from app.offline.evaluation.evaluation import COLD_ITEMS, PREDICTED, Evaluation, Judged
from app.offline.evaluation.options import Mode, SplitKind
from app.offline.evaluation.results import Estimate, Group, Results, Scalar, Tier, VariantResult
from app.offline.evaluation.variants import POPULAR
from app.offline.metrics.accuracy import rating_errors
from app.offline.metrics.beyond_accuracy import beyond_accuracy, tier_shares, vectors_of
from app.offline.metrics.intervals import bootstrap_means, holm, paired_p_values, ratio

COLD_USERS = ", new shoppers"
_UNTOLD = {"mse"}  # means of squares are for tuning
_WORDS = {
    Mode.NEW: "What a shopper did something with before is neither shown nor to be found.",
    Mode.ALL: "What was bought before may be shown again, and is to be found again.",
    Mode.HELD: "Only items that nobody has done anything with yet are ranked, by their features.",
}
_PACKAGES = ("numpy", "scipy", "numba", "scikit-learn", "pytrec_eval-terrier")
_PREDICTED_WORDS = (
    "The mean of each shopper's errors; over all ratings: see below. In the row ratings a model "
    "predicts that was fitted to the training part, in all others neighbours."
)
ByMetric = Mapping[str, Float64s]
Estimates = dict[str, dict[str, dict[str, Estimate]]]
"""Variant -> group -> metric -> estimate."""


def results_of(
    evaluation: Evaluation, judged: Sequence[Judged], *, baseline: str, command: str, at: datetime
) -> Results:
    """Return the results; among `judged` is the variant of the most popular items.

    command, at : how and when they came about.
    """
    options = evaluation.options
    found, groups = _figures(evaluation, judged, baseline)
    beyond = _Beyond(evaluation, next(j for j in judged if j.variant.name == POPULAR))
    variants = tuple(
        VariantResult(
            name=each.variant.name,
            strategy=each.variant.strategy,
            parameters=each.variant.parameters,
            figures=found[each.variant.name],
            beyond=beyond.of(each) | _errors(evaluation, each),
            tiers=beyond.tiers(each),
            seconds=each.seconds,
        )
        for each in judged
    )
    return Results(
        title=f"Evaluation of {evaluation.data.source}",
        command=command,
        made_at=at.isoformat(timespec="seconds"),
        data=_data_facts(evaluation),
        split=_split_facts(evaluation),
        groups=tuple(groups),
        variants=variants,
        baseline=baseline,
        at=options.at,
        seeds={"split, sample, random lists": options.seed, "bootstrap, tests": options.seed},
        versions={"python": sys.version.split()[0], **{name: version(name) for name in _PACKAGES}},
        notes=tuple(notes_of(evaluation)),
    )


def _figures(
    evaluation: Evaluation, judged: Sequence[Judged], baseline: str
) -> tuple[Estimates, list[Group]]:
    """Return the estimates of all groups, and the groups: all shoppers first, then the cold."""
    everyone = np.ones(evaluation.users.size, bool)
    cold = evaluation.history <= evaluation.options.cold
    found: Estimates = {each.variant.name: {} for each in judged}
    groups: list[Group] = []
    for view in dict.fromkeys(view for each in judged for view in each.views):
        by_variant = {
            each.variant.name: {
                metric: values
                for metric, values in each.views.get(view, {}).items()
                if metric not in _UNTOLD
            }
            for each in judged
        }
        members = {view: everyone}
        if cold.any() and not cold.all() and view in set(Mode):
            members[view + COLD_USERS] = cold
        told = estimates(by_variant, members, baseline=baseline, seed=evaluation.options.seed)
        for name, by_group in told.items():
            found[name] |= by_group
        groups += [_group(evaluation, name, told) for name in members]
    return found, groups


def _group(evaluation: Evaluation, name: str, told: Estimates) -> Group:
    size = max(e.n for by_group in told.values() for e in by_group[name].values())
    if name == PREDICTED:
        words = _PREDICTED_WORDS
    else:
        words = next(said for mode, said in _WORDS.items() if name.startswith(mode.value))
    if name.endswith(COLD_ITEMS):
        words += " Only what nobody had done anything with before the cut is to be found."
    if name.endswith(COLD_USERS):
        words += f" Shoppers with at most {evaluation.options.cold} rows in the training part."
    return Group(name, words, size)


def estimates(
    by_variant: Mapping[str, ByMetric],
    groups: Mapping[str, npt.NDArray[np.bool_]],
    *,
    baseline: str,
    seed: int,
) -> Estimates:
    """Return every variant's mean of every metric in every group.

    by_variant : variant -> metric -> values of shape (n_users,), NaN for users it does not count
    for; every variant has the same users and metrics. groups : who belongs, shape (n_users,).
    p-values are against the baseline, over users both have a value for, and corrected (Holm) for
    the number of variants, metric by metric.
    """
    metrics = list(dict.fromkeys(metric for values in by_variant.values() for metric in values))
    found: Estimates = {variant: {} for variant in by_variant}
    for group, members in groups.items():
        of_group = _of_group(by_variant, metrics, members, baseline=baseline, seed=seed)
        for variant, by_metric in of_group.items():
            found[variant][group] = by_metric
    return found


def _of_group(
    by_variant: Mapping[str, ByMetric],
    metrics: Sequence[str],
    members: npt.NDArray[np.bool_],
    *,
    baseline: str,
    seed: int,
) -> dict[str, dict[str, Estimate]]:
    values = np.stack(
        [
            np.stack([_column(by_metric, metric, members) for metric in metrics], axis=1)
            for by_metric in by_variant.values()
        ],
        axis=1,
    )  # (members, variants, metrics)
    values = values[~np.isnan(values).all(axis=(1, 2))]  # nothing to find: not of the sample
    shape = values.shape[1:]
    flat = values.reshape(len(values), shape[0] * shape[1])
    low, high = bootstrap_means(flat, seed=seed)
    p_values = _p_values(values, list(by_variant).index(baseline), seed)
    sizes = (~np.isnan(flat)).sum(axis=0)
    means = ratio(np.nansum(flat, axis=0), sizes)
    columns = [column.reshape(shape) for column in (means, low, high, sizes, p_values)]
    return {
        variant: {
            metric: _estimate(*(column[row, at] for column in columns))
            for at, metric in enumerate(metrics)
        }
        for row, variant in enumerate(by_variant)
    }


def _column(by_metric: ByMetric, metric: str, members: npt.NDArray[np.bool_]) -> Float64s:
    values = by_metric.get(metric)
    return np.full(int(members.sum()), np.nan) if values is None else values[members]


def _p_values(values: Float64s, baseline: int, seed: int) -> Float64s:
    """Return corrected p-values, shape (variants, metrics); NaN for the baseline."""
    differences = values - values[:, baseline : baseline + 1]
    paired = (~np.isnan(differences)).any(axis=0)
    flat = differences.reshape(len(values), paired.size)
    p_values = paired_p_values(flat, seed=seed).reshape(paired.shape)
    p_values[~paired] = np.nan
    p_values[baseline] = np.nan
    return np.stack([holm(column) for column in p_values.T], axis=1)


def _estimate(mean: float, low: float, high: float, n: float, p: float) -> Estimate:
    return Estimate(_number(mean), _number(low), _number(high), int(n), _number(p))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


class _Beyond:
    def __init__(self, evaluation: Evaluation, popular: Judged) -> None:
        self._mode = evaluation.modes[0]
        self._vectors = vectors_of(evaluation.data.items)
        by_part = [evaluation.popularity(part) for part in evaluation.parts]
        self._popularity: Float64s = np.mean(by_part, axis=0)
        self._profiles = [seen for q in evaluation.questions for seen in q.seen]
        self._relevant = [
            items
            for q in evaluation.questions
            for items in (q.new if self._mode is Mode.NEW else q.taken)
        ]
        self._expected = self.lists(popular)

    def lists(self, judged: Judged) -> Int32s:
        return np.concatenate([answers.ranked[self._mode] for answers in judged.answers])

    def tiers(self, judged: Judged) -> tuple[Tier, ...]:
        if self._is_idle(judged) or self._mode is Mode.HELD:
            return ()
        return _tiers_of(self.lists(judged), self._popularity)

    def of(self, judged: Judged) -> dict[str, float | None]:
        if self._is_idle(judged):
            return {}
        personal = np.concatenate([answers.personal for answers in judged.answers])
        told = beyond_accuracy(
            self.lists(judged),
            relevant=self._relevant,
            profiles=self._profiles,
            personal=float(personal.mean()),
            expected=self._expected,
            popularity=self._popularity,
            vectors=self._vectors,
        )
        if self._mode is Mode.HELD:  # nobody has taken any of these: none is popular
            return {name: told[name] for name in ("user_coverage", "diversity")}
        return told

    def _is_idle(self, judged: Judged) -> bool:
        return any(self._mode in answers.untold for answers in judged.answers)


def _tiers_of(lists: Int32s, popularity: Float64s) -> tuple[Tier, ...]:
    shares = tier_shares(lists, popularity)
    if np.isnan([*shares.interactions, *shares.exposure]).any():
        return ()
    names = ("head", "middle", "tail")
    each = zip(names, shares.items, shares.interactions, shares.exposure, strict=True)
    return tuple(Tier(name, float(i), float(t), float(e)) for name, i, t, e in each)


def _errors(evaluation: Evaluation, judged: Judged) -> dict[str, float | None]:
    """Return the errors over all ratings of the test part; nothing where none is predicted."""
    predicted = [told for answers in judged.answers for told in answers.predicted]
    if PREDICTED not in judged.views:
        return {}
    actual = [ratings for q in evaluation.questions for _, ratings in q.rated]
    errors = rating_errors(np.concatenate(predicted), np.concatenate(actual))
    return {name: None if np.isnan(value) else value for name, value in errors.items()}


def notes_of(evaluation: Evaluation) -> list[str]:
    """Return what a reader must know to read the figures rightly."""
    told = []
    kind = evaluation.options.split.kind
    if kind in {SplitKind.LAST, SplitKind.FOLDS}:
        told.append(
            "Other shoppers' later doings are in the training part: figures are to compare by, "
            "and better than a shop would see. --split time holds out everything later."
        )
    if kind is SplitKind.ITEMS:
        told.append(
            "Of held-out items only the features are known. What counts or compares shoppers "
            "knows nothing of them, and ranks them by their ids."
        )
    if evaluation.data.refused:
        told += [
            f"{count:,} rows not used: {why}" for why, count in evaluation.data.refused.items()
        ]
    if not any(item.category or item.title for item in evaluation.data.items):
        told.append("The items have no features: the strategy item shows what is popular.")
    return told + _tuned_on(evaluation)


def _tuned_on(evaluation: Evaluation) -> list[str]:
    tuned = evaluation.settings.tuned
    held: Mapping[str, Any] = tuned.get("split", {})
    if not held:
        return []
    words = (
        f"The settings in force were chosen on a part of this test data (tuned at {tuned['at']})"
    )
    if "validation_from" not in held:  # without times, a random share was held out
        return [f"{words}, as a random share of it was held out."]
    first, last = (_to_ms(held[name]) for name in ("validation_from", "validation_to"))
    times = [part.test.at for part in evaluation.parts]
    if any(((first <= at) & (at <= last)).any() for at in times):
        return [f"{words}: tune with --until."]
    return []


def _to_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _data_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    data = evaluation.data
    rows = data.interactions
    told: dict[str, Scalar] = {
        "source": data.source,
        "shoppers": int(np.unique(rows.user).size),
        "items on offer": len(data.items),
        "ratings": int(rows.is_rating.sum()),
    }
    codes = rows.rows["kind"]
    for code, kind in rows.kind_names().items():
        told[kind if kind != "rating" else "ratings"] = int((codes == code).sum())
    if data.refused:
        told["rows that could not be used"] = sum(data.refused.values())
    return told


def _split_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    of_split = splits.facts(evaluation.parts, evaluation.options.split)
    told: dict[str, Scalar] = {name.replace("_", " "): value for name, value in of_split.items()}
    untaken = _mean_of([evaluation.popularity(part) == 0 for part in evaluation.parts])
    return told | {
        "judged on": "validation part" if evaluation.options.on_validation else "test part",
        "shoppers asked about": int(evaluation.users.size),
        "of them new": int((evaluation.history <= evaluation.options.cold).sum()),
        "items without history": untaken,
    }


def _mean_of(masks: Sequence[npt.NDArray[np.bool_]]) -> int:
    return round(float(np.mean([mask.sum() for mask in masks])))
