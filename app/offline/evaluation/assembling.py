"""What was judged as one evaluation's results."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.beyond import beyond_accuracy, tiers_of, vectors_of
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.facts import data_facts, notes_of, split_facts
from app.offline.evaluation.judging import COLD_ITEMS, RATINGS, Judged
from app.offline.evaluation.report_estimates import Estimates, estimates
from app.offline.evaluation.results import Group, Results, Tier, VariantResult
from app.offline.evaluation.variants import POPULAR
from app.offline.metrics.metrics_errors import rating_errors

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
