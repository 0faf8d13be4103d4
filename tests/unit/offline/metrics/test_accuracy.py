"""Accuracy: ranking metrics of top-n lists, one value a user, and errors of predicted ratings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, ndcg_score, root_mean_squared_error

from app.offline.metrics.accuracy import judge, rating_errors

NOTHING = np.empty(0, np.int32)


def codes(*items):
    return np.array(items, np.int32)


def lists(*rows):
    longest = max(map(len, rows))
    return np.array([[*row, *[-1] * (longest - len(row))] for row in rows], np.int32)


def by_hand(shown, wanted, n):
    hits = [item in wanted for item in shown[:n]]
    places = [place for place, hit in enumerate(hits, start=1) if hit]
    best = sum(1 / math.log2(place + 1) for place in range(1, min(n, len(wanted)) + 1))
    return {
        "precision": len(places) / n,
        "recall": len(places) / len(wanted),
        "hit": float(bool(places)),
        "map": sum(sum(hits[:place]) / place for place in places) / len(wanted),
        "mrr": 1 / places[0] if places else 0.0,
        "ndcg": sum(1 / math.log2(place + 1) for place in places) / best,
    }


def test_a_list_counted_by_hand():
    found = judge(lists([7, 1, 8, 2, 9]), [codes(1, 2, 3)], at=(1, 4))
    assert {name: values.tolist() for name, values in found.items()} == {
        "precision@1": [0.0],
        "recall@1": [0.0],
        "hit@1": [0.0],
        "map@1": [0.0],
        "mrr@1": [0.0],
        "ndcg@1": [0.0],
        "precision@4": [0.5],
        "recall@4": [pytest.approx(2 / 3)],
        "hit@4": [1.0],
        "map@4": [pytest.approx((1 / 2 + 2 / 4) / 3)],
        "mrr@4": [0.5],
        "ndcg@4": [
            pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 0.5))
        ],
    }


def test_the_first_hit_just_within_and_just_beyond_n():
    found = judge(lists([8, 9, 1]), [codes(1)], at=(2, 3))
    assert found["mrr@2"].tolist() == [0.0]
    assert found["mrr@3"].tolist() == pytest.approx([1 / 3])


def test_a_user_with_nothing_to_find_has_no_value():
    found = judge(lists([1, 2], [1, 2]), [NOTHING, codes(2)], at=(2,))
    assert all(np.isnan(values).tolist() == [True, False] for values in found.values())


def test_nobody_with_anything_to_find():
    found = judge(lists([1, 2]), [NOTHING], at=(2,))
    assert all(np.isnan(values).all() for values in found.values())


def test_an_empty_list_found_nothing():
    found = judge(lists([], [5]), [codes(1), codes(5)], at=(5,))
    assert all(values[0] == 0.0 for values in found.values())
    assert found["hit@5"][1] == 1.0


def test_places_that_were_not_filled_are_wrong_places():
    found = judge(lists([1]), [codes(1)], at=(4,))
    assert (found["precision@4"][0], found["ndcg@4"][0]) == (0.25, 1.0)


def test_more_to_find_than_places():
    found = judge(lists([1, 2]), [codes(1, 2, 3, 4)], at=(2,))
    values = [found[f"{name}@2"][0] for name in ("precision", "recall", "map", "ndcg")]
    assert values == [1.0, 0.5, 0.5, 1.0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="1 lists do not fit 2 users"):
        judge(lists([1]), [codes(1), codes(2)])
    with pytest.raises(ValueError, match="stands twice"):
        judge(lists([1, 2, 1]), [codes(1)])
    with pytest.raises(ValueError, match="at 1 or more"):
        judge(lists([1]), [codes(1)], at=(0,))


users = st.tuples(
    st.lists(st.integers(0, 30), unique=True, max_size=12),
    st.sets(st.integers(0, 30), min_size=1, max_size=9),
)


@given(st.lists(users, min_size=1, max_size=6), st.sets(st.integers(1, 14), min_size=1, max_size=3))
def test_every_list_as_counted_by_hand(everybody, at):
    shown = lists(*[shown for shown, _ in everybody])
    found = judge(shown, [codes(*wanted) for _, wanted in everybody], at=tuple(at))
    for n in at:
        for user, (items, wanted) in enumerate(everybody):
            for name, value in by_hand(items, wanted, n).items():
                assert found[f"{name}@{n}"][user] == pytest.approx(value, abs=1e-9)


def test_ndcg_is_that_of_scikit_learn():
    rng = np.random.default_rng(4)
    truth = rng.random((40, 25)) < 0.2
    truth[:, 0] = True
    scores = rng.random(truth.shape)
    ranked = np.argsort(-scores, axis=1).astype(np.int32)
    found = judge(ranked, [np.flatnonzero(row).astype(np.int32) for row in truth], at=(10,))
    assert found["ndcg@10"].mean() == pytest.approx(ndcg_score(truth, scores, k=10))


def test_lists_in_random_order_are_right_by_chance():
    rng = np.random.default_rng(11)
    ranked = np.array([rng.permutation(100)[:10] for _ in range(4000)], np.int32)
    found = judge(ranked, [codes(3)] * 4000, at=(10,))["hit@10"]
    assert abs(found.mean() - 0.10) < 3 * found.std() / math.sqrt(found.size)


def test_a_refusal_lowers_the_coverage_and_nothing_else():
    found = rating_errors(np.array([3.0, math.nan, 5.0, 1.0]), np.array([4.0, 1.0, 5.0, 4.0]))
    expected = {"mae": 4 / 3, "rmse": math.sqrt(10 / 3), "prediction_coverage": 0.75}
    assert found == pytest.approx(expected)


def test_nothing_predicted_and_nothing_asked():
    refused = rating_errors(np.array([math.nan]), np.array([4.0]))
    assert refused["prediction_coverage"] == 0.0 and math.isnan(refused["mae"])
    assert math.isnan(rating_errors(np.empty(0), np.empty(0))["prediction_coverage"])


def test_they_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    predicted, actual = rng.random(50) * 5, rng.random(50) * 5
    found = rating_errors(predicted, actual)
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, predicted))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))


def test_predictions_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        rating_errors(np.zeros(2), np.zeros(3))
