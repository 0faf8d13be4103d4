"""What follows what equals counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from app.engine.models import sequence as module
from app.engine.models.sequence import SequenceParameters, fit_sequence

ORDERS = st.lists(st.lists(st.integers(0, 6), unique=True, max_size=7), min_size=1, max_size=5)


def times_of(orders):
    """Return when each user came to each item, shape (users, 7)."""
    times = np.zeros((len(orders), 7))
    for user, order in enumerate(orders):
        times[user, order] = 100.0 + np.arange(len(order))
    return csr_matrix(times)


def by_hand(orders, chosen):
    """Return s_ij."""
    counts = np.zeros((7, 7))
    for order in orders:
        for place, item in enumerate(order):
            for distance, later in enumerate(order[place + 1 :][: chosen.window]):
                counts[item, later] += chosen.fading**distance
                counts[later, item] += chosen.back * chosen.fading**distance
    users_of = [max(sum(item in order for order in orders), 1) for item in range(7)]
    shares = counts / (counts.sum(axis=1, keepdims=True) + 3.0)
    return shares / np.power(users_of, chosen.popularity)


@given(ORDERS, st.sampled_from([1, 2, 10]), st.sampled_from([0.0, 0.5]), st.sampled_from([1, 256]))
def test_it_equals_counting_by_hand(orders, window, back, rows_at_once):
    chosen = SequenceParameters(window=window, back=back, last=2, forgetting=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", rows_at_once)
        model = fit_sequence(times_of(orders), parameters=chosen)
    expected = by_hand(orders, chosen)
    asked = np.array([4, 2, 0], np.int32), np.ones(3)
    scores = model.scores(*asked)
    np.testing.assert_allclose(scores, (expected[0] + 0.5 * expected[2]) / 1.5, rtol=1e-6)
    for item in range(7):
        assert model.shares(*asked, item).sum() == pytest.approx(scores[item])


def test_only_the_largest_shares_are_kept():
    orders = [[0, 1], [0, 1], [0, 2], [0, 3, 4]]
    model = fit_sequence(
        times_of(orders), parameters=SequenceParameters(window=1, kept=1, popularity=0.0)
    )
    scores = model.scores(np.array([0], np.int32), np.ones(1))
    assert scores.nonzero()[0].tolist() == [1]


def test_what_is_disliked_is_not_among_the_last_items():
    model = fit_sequence(times_of([[0, 1], [2, 3]]), parameters=SequenceParameters(last=1))
    scores = model.scores(np.array([0, 2], np.int32), np.array([1.0, -1.0]))
    assert scores[1] > 0.0 == scores[3]
