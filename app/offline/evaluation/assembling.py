"""What was judged as one evaluation's results."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from app.domain.catalogue import Item
from app.engine.jit import Float64s, Int32s
from app.engine.tables.feature_vectors import DIMENSIONS
from app.offline.evaluation import splits
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.judging import COLD_ITEMS, RATINGS, Judged
from app.offline.evaluation.report_estimates import Estimates, estimates
from app.offline.evaluation.results import Group, Results, Scalar, Tier, VariantResult
from app.offline.evaluation.splits import SplitKind
from app.offline.evaluation.variants import POPULAR
from app.offline.metrics import metrics_beyond as beyond
from app.offline.metrics.metrics import rating_errors
from app.offline.metrics.metrics_beyond import exposure, gini, tier_shares


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
    """Return what to know where the settings were chosen by what they are judged by here."""
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


def data_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    """Return what the data are."""
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


def split_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    """Return what was held out, and who is asked about."""
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


Lists = Int32s
"""Shape (n_lists, n), places in the catalogue."""


def vectors_of(items: Sequence[Item]) -> csr_matrix | None:
    """Return the items' encoded features, a row each; None where no item has any."""
    dims, weights, ends = [np.empty(0, np.int32)], [np.empty(0, np.float32)], [0]
    for item in items:
        if item.encoding is not None:
            dims.append(np.frombuffer(item.encoding.dims, "<i4"))
            weights.append(np.frombuffer(item.encoding.weights, "<f4"))
        ends.append(ends[-1] + (dims[-1].size if item.encoding is not None else 0))
    if not ends[-1]:
        return None
    values = np.concatenate(weights).astype(np.float64)
    return csr_matrix((values, np.concatenate(dims), ends), shape=(len(items), DIMENSIONS))


def beyond_accuracy(
    lists: Lists,
    *,
    relevant: Sequence[Int32s],
    profiles: Sequence[Int32s],
    personal: float,
    expected: Lists,
    popularity: Float64s,
    vectors: csr_matrix | None,
) -> dict[str, float | None]:
    """Return the figures by name; None where there is nothing to tell.

    expected : what the list of the most popular shows to the same shoppers.
    """
    n_items = popularity.size
    return {
        "item_coverage": _number(beyond.item_coverage(lists, n_items=n_items)),
        "user_coverage": _number(personal),
        "diversity": None if vectors is None else _mean(beyond.diversity(lists, vectors)),
        "novelty": _mean(beyond.novelty(lists, popularity)),
        "serendipity": _mean(beyond.serendipity(lists, relevant, expected)),
        "popularity_percentile": _mean(beyond.popularity_percentile(lists, popularity)),
        "popularity_lift": _mean(beyond.popularity_lift(lists, profiles, popularity)),
        "gini": _number(gini(exposure(lists, n_items=n_items))),
    }


def tiers_of(lists: Lists, popularity: Float64s) -> tuple[Tier, ...]:
    """Return what head, middle and tail of the catalogue are shown; nothing for empty lists."""
    shares = tier_shares(lists, popularity)
    if np.isnan([*shares.interactions, *shares.exposure]).any():
        return ()
    names = ("head", "middle", "tail")
    each = zip(names, shares.items, shares.interactions, shares.exposure, strict=True)
    return tuple(Tier(name, float(i), float(t), float(e)) for name, i, t, e in each)


def _mean(values: Float64s) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


COLD_USERS = ", new shoppers"
_UNTOLD = {"mse"}  # means of squares are for tuning
_WORDS = {
    Mode.NEW: "What a shopper did something with before is neither shown nor to be found.",
    Mode.ALL: "What was bought before may be shown again, and is to be found again.",
    Mode.HELD: "Only items that nobody has done anything with yet are ranked, by their features.",
}


class Made(NamedTuple):
    """How the results came about."""

    title: str
    command: str
    at: str
    baseline: str
    versions: Mapping[str, str]


def results_of(evaluation: Evaluation, judged: Sequence[Judged], made: Made) -> Results:
    """Return the results; among `judged` is the variant of the most popular items."""
    options = evaluation.options
    found, groups = _figures(evaluation, judged, made.baseline)
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
        title=made.title,
        command=made.command,
        made_at=made.at,
        data=data_facts(evaluation),
        split=split_facts(evaluation),
        groups=tuple(groups),
        variants=variants,
        baseline=made.baseline,
        at=options.at,
        seeds={"split, sample, random lists": options.seed, "bootstrap, tests": options.seed},
        versions=made.versions,
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
    if name == RATINGS:
        words = (
            "The mean of each shopper's errors; over all ratings: see below. In the row ratings "
        )
        words += "a model predicts that was fitted to the training part, in all others neighbours."
    else:
        words = next(said for mode, said in _WORDS.items() if name.startswith(mode.value))
    if name.endswith(COLD_ITEMS):
        words += " Only what nobody had done anything with before the cut is to be found."
    if name.endswith(COLD_USERS):
        words += f" Shoppers with at most {evaluation.options.cold} rows in the training part."
    return Group(name, words, size)


class _Beyond:
    """Figures of all lists of a variant, in the first mode."""

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
        return (
            ()
            if self._is_idle(judged) or self._mode is Mode.HELD
            else tiers_of(self.lists(judged), self._popularity)
        )

    def of(self, judged: Judged) -> dict[str, float | None]:
        if self._is_idle(judged):
            return {}
        told = self._of(judged)
        if self._mode is Mode.HELD:  # nobody has taken any of these: none is popular
            return {name: told[name] for name in ("user_coverage", "diversity")}
        return told

    def _is_idle(self, judged: Judged) -> bool:
        return any(self._mode in answers.untold for answers in judged.answers)

    def _of(self, judged: Judged) -> dict[str, float | None]:
        personal = np.concatenate([answers.personal for answers in judged.answers])
        return beyond_accuracy(
            self.lists(judged),
            relevant=self._relevant,
            profiles=self._profiles,
            personal=float(personal.mean()),
            expected=self._expected,
            popularity=self._popularity,
            vectors=self._vectors,
        )


def _errors(evaluation: Evaluation, judged: Judged) -> dict[str, float | None]:
    """Return the errors over all ratings of the test part; nothing where none is predicted."""
    predicted = [told for answers in judged.answers for told in answers.predicted]
    if RATINGS not in judged.views:
        return {}
    actual = [ratings for q in evaluation.questions for _, ratings in q.rated]
    errors = rating_errors(np.concatenate(predicted), np.concatenate(actual))
    return {name: None if np.isnan(value) else value for name, value in errors.items()}
