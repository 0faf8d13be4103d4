"""Evaluations from data to figures, by the shelves that serve."""

from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
import orjson
import pytest

from app.domain.errors import InvalidInput
from app.domain.settings import ShopSettings, Strategy
from app.offline.evaluation.assembling import notes_of, results_of
from app.offline.evaluation.interactions import NO_TIME, gathered
from app.offline.evaluation.options import Mode, SplitKind, SplitOptions
from app.offline.evaluation.splits import split, validation
from app.offline.evaluation.variants import Variant, usual
from tests.unit.offline.evaluation.evaluating import (
    START,
    data_of,
    evaluation_of,
    event,
    items_of,
    rating,
    two_tastes,
)

pytest.importorskip("pytrec_eval", reason="an optional package, see requirements-evaluation.txt")
USER = Variant("user", replace(ShopSettings(), strategy=Strategy.USER))
ITEM = Variant("item", replace(ShopSettings(), strategy=Strategy.ITEM))
NEW = Mode.NEW.value


def mean(judged, view, metric):
    return float(np.nanmean(judged.views[view][metric]))


def told(table):
    return table.rows[["hash", "at", "subject", "item", "kind"]].tolist()


def judged_by(evaluation, variant):
    (judged,) = evaluation.run([variant])
    return judged


def told_of(evaluation, judged):
    return results_of(evaluation, judged, baseline="popular", command="flask evaluate", at=START)


def baseline(evaluation, name):
    return next(variant for variant in evaluation.baselines() if variant.name == name)


def test_the_table_is_the_same_in_whatever_order_data_come():
    events = two_tastes(users=6)
    one, other = gathered([events]), gathered([events[::-1][:5], events[::-1][5:], events[:3]])
    assert one.users == other.users
    assert one.items == other.items
    assert told(one) == told(other)


def test_of_a_pair_rated_twice_the_last_counts():
    table = gathered(ratings=[rating("a", "x", 9, 2.0), rating("a", "x", 3, 4.0)])
    assert table.ratings.tolist() == [4.0]


def test_nothing_after_the_cut_is_known():
    data = data_of(two_tastes())
    (part,) = evaluation_of(data).parts
    assert part.train.at.max() <= part.cut * 1000 < part.test.at.min()
    assert part.now == part.cut
    assert len(part.train) + len(part.test) == len(data.interactions)


def test_a_cut_may_be_said():
    data = data_of([event("a", "x", 0), event("a", "y", 10), event("b", "y", 20)])
    options = SplitOptions(cut=START.replace(minute=15))
    (part,) = split(data.interactions, options, np.ones(3, bool))
    assert len(part.test) == 1


@pytest.mark.parametrize(("minute", "word"), [(30, "earlier"), (-30, "later")])
def test_a_cut_that_leaves_nothing_on_one_side_is_refused(minute, word):
    data = data_of([event("a", "x", 0), event("b", "y", 20)])
    when = START.timestamp() + minute * 60
    options = SplitOptions(cut=START.fromtimestamp(when, START.tzinfo))
    with pytest.raises(InvalidInput, match=word):
        split(data.interactions, options, np.ones(2, bool))


@pytest.mark.parametrize("kind", [SplitKind.TIME, SplitKind.LAST])
def test_splits_by_time_need_times(kind):
    data = data_of(ratings=[rating("a", "x", None), rating("b", "y", 3)])
    assert data.interactions.at.min() == NO_TIME
    with pytest.raises(InvalidInput, match="--split folds"):
        evaluation_of(data, split=SplitOptions(kind))


def test_folds_work_without_times():
    ratings = [rating(f"u{u}", f"i{i}", None) for u in range(10) for i in range(10) if (u + i) % 2]
    evaluation = evaluation_of(data_of(ratings=ratings), split=SplitOptions(SplitKind.FOLDS))
    assert len(evaluation.parts) == 5
    judged = judged_by(evaluation, USER)
    # the best half is all there is of one's own taste: what was held out stands first
    assert mean(judged, NEW, "recall@5") > 0.95


def test_every_row_is_held_out_once_in_folds():
    data = data_of(two_tastes())
    parts = split(data.interactions, SplitOptions(SplitKind.FOLDS, folds=4), np.ones(720, bool))
    assert sum(len(part.test) for part in parts) == len(data.interactions)


def test_the_clock_stands_at_the_shoppers_moment_or_at_the_end():
    data = data_of(two_tastes())
    (cut,) = evaluation_of(data).questions
    first = {}
    part = evaluation_of(data).parts[0]
    for user, at in zip(part.test.user.tolist(), part.test.at.tolist(), strict=True):
        first.setdefault(user, at / 1000)
    assert cut.at.tolist() == [first[user] for user in cut.users.tolist()]
    for kind in (SplitKind.FOLDS, SplitKind.ITEMS):
        asked = evaluation_of(data, split=SplitOptions(kind)).questions
        clocks = {at for each in asked for at in each.at.tolist()}
        assert clocks == {data.interactions.at.max() / 1000}


@pytest.mark.parametrize("days", [0.0, -1.0, 1e12, float("inf"), float("nan")])
def test_days_that_cannot_be_held_out_are_refused(days):
    with pytest.raises(InvalidInput, match="days"):
        evaluation_of(data_of(two_tastes()), split=SplitOptions(days=days))


def tuned_on(split):
    tuned = {"at": "2024-04-01T00:00:00+00:00", "split": split}
    return replace(ShopSettings(), tuned=tuned)


def test_settings_chosen_on_the_test_part_are_said_to_be():
    data, day = data_of(two_tastes()), timedelta(days=1)
    cut = START + 6 * day

    def notes(first, last):
        times = {"validation_from": first.isoformat(), "validation_to": last.isoformat()}
        settings = tuned_on({"split": "time", **times})
        evaluation = evaluation_of(data, settings, split=SplitOptions(cut=cut))
        return [note for note in notes_of(evaluation) if "were chosen on a part" in note]

    assert notes(START + 4 * day, cut) == []  # flask tune --until, the same moment
    assert notes(START + 40 * day, START + 50 * day) == []
    (note,) = notes(START + 5 * day, START + 8 * day)
    assert "(tuned at 2024-04-01T00:00:00+00:00): tune with --until." in note
    assert notes(START, START + 40 * day)
    without_times = evaluation_of(data, tuned_on({"split": "folds"}))
    assert any("a random share of it" in note for note in notes_of(without_times))


def test_nothing_at_all_is_said_in_words():
    with pytest.raises(InvalidInput, match="no ratings and no events"):
        evaluation_of(data_of())


def test_what_is_disliked_is_no_reason():
    data = data_of(
        ratings=[rating("a", "x", 0), rating("a", "y", 90, 1.0), rating("b", "y", 100, 2.0)]
    )
    with pytest.raises(InvalidInput, match="nothing to judge"):
        evaluation_of(data)


def test_tastes_are_found_and_chance_is_not_beaten_by_chance():
    evaluation = evaluation_of(data_of(two_tastes()), split=SplitOptions(SplitKind.LAST))
    user, random = evaluation.run([USER, baseline(evaluation, "random")])
    # one held-out item; 20 - 11 of the own taste are left, and 29 of all
    assert mean(user, NEW, "hit@10") > 0.95
    assert mean(random, NEW, "hit@10") == pytest.approx(10 / 29, abs=0.2)


def test_labels_that_say_nothing_give_chance_through_all_of_it():
    events = two_tastes(users=150, each=10)
    names = [e.item_id for e in events]
    shuffled = np.random.default_rng(5).permutation(names)
    events = [e._replace(item_id=str(item)) for e, item in zip(events, shuffled, strict=True)]
    evaluation = evaluation_of(
        data_of(events), split=SplitOptions(SplitKind.LAST), modes=(Mode.NEW,)
    )
    judged = judged_by(evaluation, USER)
    left = [40 - seen.size for seen in evaluation.questions[0].seen]
    chance = np.mean([10 / count for count in left])
    assert mean(judged, NEW, "hit@10") == pytest.approx(chance, abs=3 * (0.25 / 150) ** 0.5)


def test_renamed_items_and_shoppers_change_no_figure_by_much():
    events = two_tastes()
    names = {f"i{n:03}": f"i{(n * 7) % 40:03}" for n in range(40)}
    renamed = [e._replace(item_id=names[e.item_id]) for e in events]
    options = {"split": SplitOptions(SplitKind.LAST), "at": (5,)}
    one, other = (
        judged_by(evaluation_of(data_of(each), **options), USER) for each in (events, renamed)
    )
    assert mean(one, NEW, "ndcg@5") == pytest.approx(mean(other, NEW, "ndcg@5"), abs=0.1)


def test_what_was_bought_before_may_come_again():
    again = [
        event(f"u{u}", f"i{i}", 1440 * day + u + i)
        for u in range(8)
        for i in range(3)
        for day in range(12)
    ]
    evaluation = evaluation_of(data_of(again))
    assert evaluation.modes == (Mode.NEW, Mode.ALL)
    judged = judged_by(evaluation, baseline(evaluation, "last_bought"))
    assert mean(judged, Mode.ALL.value, "recall@5") == 1.0
    assert NEW not in judged.views


def test_items_nobody_has_taken_are_found_by_their_features():
    data = data_of(two_tastes(users=40, items=60), items=items_of(60))
    evaluation = evaluation_of(data, split=SplitOptions(SplitKind.ITEMS, share=0.4))
    (part,) = evaluation.parts
    assert not set(part.train.item.tolist()) & set(part.held_items.tolist())
    item, random = evaluation.run([ITEM, baseline(evaluation, "random")])
    view = Mode.HELD.value
    assert mean(item, view, "ndcg@5") > 1.5 * mean(random, view, "ndcg@5")
    held = {evaluation.place_of[i] for i in part.held_items.tolist()}
    assert set(item.answers[0].ranked[Mode.HELD].ravel().tolist()) <= {*held, -1}


def test_a_validation_part_lies_inside_the_training_part():
    data = data_of(two_tastes())
    (outer,) = evaluation_of(data).parts
    (inner,) = evaluation_of(data, on_validation=True).parts
    assert inner.test.at.max() <= outer.cut * 1000
    assert len(inner.train) + len(inner.test) == len(outer.train)
    (again,) = validation(outer, SplitOptions(), np.ones(len(outer.train), bool))
    assert told(again.test) == told(inner.test)


def test_settings_of_one_variant_do_not_stay_for_the_next():
    evaluation = evaluation_of(data_of(two_tastes()), split=SplitOptions(SplitKind.LAST))
    faded = Variant("faded", replace(ShopSettings(), strategy=Strategy.USER, half_life_days=2.0))
    alone = judged_by(evaluation, USER)
    _, after = evaluation.run([faded, USER])
    assert (alone.answers[0].ranked[Mode.NEW] == after.answers[0].ranked[Mode.NEW]).all()


def results(**options):
    data = data_of(two_tastes(users=30), items=items_of(40))
    evaluation = evaluation_of(data, **options)
    judged = evaluation.run([*evaluation.baselines(), *usual(ShopSettings())])
    plain = asdict(told_of(evaluation, judged))
    for variant in plain["variants"]:
        variant["seconds"] = {}
    return orjson.dumps(plain)


def test_one_seed_gives_the_same_figures_again():
    options = {"split": SplitOptions(SplitKind.LAST), "users": 20}
    assert results(**options, seed=3) == results(**options, seed=3)
    assert results(**options, seed=3) != results(**options, seed=4)


def test_ratings_are_predicted_and_held_against_those_given():
    ratings = [
        rating(f"u{u:02}", f"i{i:02}", u + 1440 * ((i + u) % 15), 5.0 if (u + i) % 2 else 1.0)
        for u in range(20)
        for i in range(15)
    ]
    evaluation = evaluation_of(data_of(ratings=ratings), split=SplitOptions(days=3.0))
    judged = evaluation.run([*evaluation.baselines(), USER])
    assert [j.variant.name for j in judged] == ["popular", "random", "user"]
    found = told_of(evaluation, judged)
    beyond = found.variants[-1].beyond
    assert beyond["mae"] is not None
    assert 0.0 <= beyond["prediction_coverage"] <= 1.0
