"""One held-out item among sampled ones."""

import math
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offline.metrics.intervals import bootstrap_means
from benchmarks.accuracy_ncf_metrics import judge_sampled


def one(scores, candidates=None, at=(1, 2)):
    candidates = range(len(scores)) if candidates is None else candidates
    found = judge_sampled(np.array([scores], float), np.array([candidates], np.int32), at)
    return {name: values[0] for name, values in found.items()}


def test_a_place_without_ties():
    found = one([2.0, 3.0, 1.0, 0.0])
    assert found == {
        "sampled_hit@1": 0.0,
        "sampled_ndcg@1": 0.0,
        "sampled_hit@2": 1.0,
        "sampled_ndcg@2": pytest.approx(1 / math.log2(3)),
        "sampled_mrr": 0.5,
    }


def test_a_tie_counts_half():
    found = one([1.0, 1.0], at=(1,))
    assert found["sampled_hit@1"] == 0.5
    assert found["sampled_mrr"] == 0.75


def test_all_equal_is_chance():
    assert one([0.0] * 100, at=(10,))["sampled_hit@10"] == pytest.approx(0.10)


def test_the_held_out_item_among_its_own_negatives_is_skipped():
    assert one([1.0, 1.0, 0.0], [5, 5, 6], at=(1,))["sampled_hit@1"] == 1.0
    assert one([1.0, 1.0, 2.0], [5, 5, 6], at=(1,))["sampled_mrr"] == 0.5


def test_places_without_an_item_do_not_count():
    assert one([1.0, 9.0, 0.0], [5, -1, 6], at=(1,))["sampled_hit@1"] == 1.0


def test_a_user_without_a_held_out_item_has_no_value():
    assert all(math.isnan(value) for value in one([1.0, 0.0], [-1, 4]).values())


def test_an_item_of_which_nothing_is_known_stands_last():
    assert one([math.nan, -5.0], at=(1,))["sampled_hit@1"] == 0.0
    assert one([math.nan, math.nan], at=(1,))["sampled_hit@1"] == 0.5


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        judge_sampled(np.zeros((2, 3)), np.zeros((2, 4), np.int32))


def by_hand(scores, candidates, n):
    """Every order of the candidates in which no lower score stands above a higher one."""
    negatives = [at for at in range(1, len(scores)) if candidates[at] not in (-1, candidates[0])]
    kept = [0, *negatives]
    orders = [
        order
        for order in permutations(kept)
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    places = [order.index(0) + 1 for order in orders]
    return (
        np.mean([place <= n for place in places]),
        np.mean([1 / math.log2(1 + place) if place <= n else 0 for place in places]),
        np.mean([1 / place for place in places]),
    )


candidates = st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 4)), min_size=1, max_size=6)


@given(candidates, st.integers(1, 7))
def test_expected_over_all_orders_that_the_scores_allow(drawn, n):
    scores = [float(score) for score, _ in drawn]
    items = [7, *[7 if item == 0 else item for _, item in drawn[1:]]]
    found = one(scores, items, at=(n,))
    values = [found[f"sampled_hit@{n}"], found[f"sampled_ndcg@{n}"], found["sampled_mrr"]]
    assert values == pytest.approx(by_hand(scores, items, n))


def test_random_scores_over_a_hundred_candidates_are_right_by_chance():
    rng = np.random.default_rng(2)
    scores = rng.random((4000, 100))
    items = np.tile(np.arange(100, dtype=np.int32), (4000, 1))
    hits = judge_sampled(scores, items, at=(10,))["sampled_hit@10"]
    low, high = bootstrap_means(hits[:, None], seed=1)
    assert low[0] <= 0.10 <= high[0]
