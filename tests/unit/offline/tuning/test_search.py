"""The search, by objectives whose best is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.settings import ShopSettings, Similarity
from app.offline.tuning.comparing import Verdict, compared
from app.offline.tuning.knobs import Facts
from app.offline.tuning.preparing import TuningOptions
from app.offline.tuning.search import Search
from app.offline.tuning.tuning import halves, judged, searching, simplify, unheard

pytest.importorskip("optuna", reason="needs requirements-evaluation.txt")

SHOPPERS = 80
NOISE = np.random.default_rng(3).normal(0.3, 0.1, SHOPPERS)
OF_USERS = np.random.default_rng(4).normal(1.0, 0.2, SHOPPERS)
LUCK = np.random.default_rng(6).normal(0.0, 1.0, SHOPPERS)
LUCK += 0.02 - LUCK.mean()  # a fifth of its standard error
PRESENT = ShopSettings()
FACTS = Facts(has_features=True)


def by_share(part):
    """Return an objective that only one part of the hybrid adds to."""
    return lambda settings, places: NOISE[places] + getattr(settings, part) * OF_USERS[places]


def search_of(values, *, trials=40, seed=1, facts=FACTS, clock=lambda: 0.0, seconds=1.0):
    searched, _ = halves(SHOPPERS, users=1000, seed=seed)
    options = TuningOptions(trials=trials, seed=seed, seconds=seconds)
    return searching(values, searched, facts, options=options, present=PRESENT, clock=clock)


@pytest.mark.parametrize("part", ["w_user", "w_item", "w_co_rated"])
def test_the_part_that_tells_is_found_and_the_others_are_off(part):
    found = search_of(by_share(part)).best.settings
    assert getattr(found, part) == 1.0
    assert sum(getattr(found, w) for w in ("w_user", "w_item", "w_co_rated")) == 1.0


def test_a_mixture_is_found():
    def values(settings, places):
        off = (settings.w_user - 0.3) ** 2 + (settings.w_co_rated - 0.7) ** 2
        return NOISE[places] - off * OF_USERS[places]

    found = search_of(values, trials=80).best.settings
    assert found.w_user == pytest.approx(0.3, abs=0.1)
    assert found.w_co_rated == pytest.approx(0.7, abs=0.1)


def test_what_makes_no_difference_is_left_as_it_was():
    found = search_of(by_share("w_co_rated")).best.settings
    assert found.k == PRESENT.k
    assert found.similarity is Similarity.COSINE
    assert found.co_novelty == PRESENT.co_novelty


def test_nothing_better_leaves_the_settings_in_force():
    search = search_of(lambda settings, places: NOISE[places])
    assert search.best.settings == PRESENT


def test_the_same_seed_tries_the_same():
    def values(settings, places):
        return NOISE[places] + np.sin(settings.k) + settings.w_item

    one, other = search_of(values), search_of(values)
    assert [t.settings for t in one.tried] == [t.settings for t in other.tried]
    assert one.best.settings == other.best.settings
    third = search_of(values, seed=2)
    assert [t.settings for t in one.tried] != [t.settings for t in third.tried]


def test_a_trial_that_is_clearly_behind_sees_a_part_of_the_shoppers():
    asked = []

    def values(settings, places):
        asked.append(places.size)
        return NOISE[places] - (0 if settings == PRESENT else 10)

    search = Search(values, np.arange(SHOPPERS), seed=1, told=unheard)
    search.begin(PRESENT, {"worse": replace(PRESENT, k=7)})
    assert asked == [SHOPPERS, SHOPPERS // 4]
    assert search.best is search.first


def test_the_search_ends_when_time_is_up():
    now = [0.0]

    def values(settings, places):
        now[0] += 1.0
        return NOISE[places]

    search = search_of(values, clock=lambda: now[0], seconds=4.0)
    assert 2 <= len(search.tried) <= 4
    assert now[0] <= 4.0


def test_trials_are_kept_to():
    told = []
    values = by_share("w_user")
    places, _ = halves(SHOPPERS, users=1000, seed=1)
    options = TuningOptions(trials=5)
    searching(values, places, FACTS, options=options, present=PRESENT,
              told=lambda done, best, first: told.append((done, best.mean, first.mean)),
              clock=lambda: 0.0)  # fmt: skip
    assert [done for done, _, _ in told][:5] == [1, 2, 3, 4, 5]
    bests = [best for _, best, _ in told[:5]]
    assert bests == sorted(bests)
    assert {first for _, _, first in told} == {float(values(PRESENT, places).mean())}


def test_simplifying_may_cost_half_a_standard_error_in_all():
    found = replace(PRESENT, w_user=0.5, w_item=0.1, w_co_rated=0.4, shrinkage=5.0)

    def values(settings, places):
        gain = (settings.w_co_rated > 0) * (1.0 if settings.w_user else 0.5)
        chance = LUCK * (settings.w_item > 0)
        return NOISE[places] + gain * OF_USERS[places] + chance[places]

    search = Search(values, np.arange(SHOPPERS), seed=1, told=unheard)
    search.begin(replace(PRESENT, w_user=1.0, w_item=0.0), {"found": found})
    assert search.best.settings == found
    simplify(search)
    best = search.best.settings
    assert (best.w_item, best.shrinkage) == (0.0, 0.0)
    assert best.w_co_rated > 0
    assert best.w_user > 0


@given(st.integers(0, 2**32 - 1))
def test_what_is_put_in_force_was_never_worse(seed):
    """Whatever an objective says, even one that is good only where the search looks."""
    random = np.random.default_rng(seed)
    searched, unseen = halves(40, users=1000, seed=1)
    before = random.random(40)
    after = before.copy()
    after[searched] += random.random(searched.size)
    after[unseen] += random.normal(0, 2, unseen.size)
    table = {0.6: before, 0.9: after}
    verdict = judged(
        lambda settings, places: table[settings.w_user][places],
        PRESENT, replace(PRESENT, w_user=0.9), unseen=unseen, size=40, seed=1,
    )  # fmt: skip
    assert verdict.is_better == (
        after.mean() > before.mean() and after[unseen].mean() >= before[unseen].mean()
    )
    assert verdict.every.after == pytest.approx(after.mean())
    assert verdict.unseen.users == unseen.size


def test_gain_by_chance_alone_is_not_taken():
    """Every setting is as good as any other, but for luck with each shopper."""

    def values(settings, places):
        lucky = np.random.default_rng([settings.k, int(1000 * settings.w_user)])
        return NOISE[places] + lucky.normal(0, 0.3, SHOPPERS)[places]

    taken = 0
    for seed in range(8):
        _, unseen = halves(SHOPPERS, users=1000, seed=seed)
        found = search_of(values, trials=25, seed=seed).best
        verdict = judged(values, PRESENT, found.settings, unseen=unseen, size=SHOPPERS, seed=seed)
        taken += verdict.is_better
        assert verdict.every.difference > 0 or not verdict.is_better
    assert taken <= 6  # not all: the unseen half says no to some


def test_words_say_why():
    same = compared(NOISE, NOISE, seed=1)
    better, worse = compared(NOISE, NOISE + 1, seed=1), compared(NOISE, NOISE - 1, seed=1)
    assert Verdict(better, same).is_better
    assert not Verdict(same, better).is_better
    assert "chance" in Verdict(better, worse).words
    assert "not better" in Verdict(worse, better).words
    assert "no worse" in Verdict(better, better).words


def test_a_comparison_is_by_hand():
    told = compared(np.array([0.0, 1.0, 0.5, 0.5]), np.array([1.0, 1.0, 0.5, 0.5]), seed=1)
    assert (told.users, told.before, told.after, told.difference) == (4, 0.5, 0.75, 0.25)
    assert told.low == 0.0 and told.high == 0.75
    assert told.p == 1.0  # one shopper's sign says nothing
    assert told.relative == 0.5
    assert compared(np.zeros(3), np.ones(3), seed=1).relative is None
