"""How much what a shopper likes counts."""

import numpy as np
import pytest

from app.engine.models.profile import liked, recency, recent, strengths


def test_strengths_are_powers_and_dislikes_are_nothing():
    values = np.array([4.0, 1.0, 0.0, -2.0])
    assert strengths(values, 0.5).tolist() == [2.0, 1.0, 0.0, 0.0]
    assert strengths(values, 0.0).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_weights_are_relative_to_the_mean_of_what_is_liked():
    items, found = liked(
        np.array([7, 8, 9], np.int32), np.array([4.0, -1.0, 1.0]), 0.5, np.array([3.0, 50.0, 1.0])
    )
    assert items.tolist() == [7, 9]
    assert found.tolist() == [2.0 * 1.5, 1.0 * 0.5]


def test_half_as_many_newer_ones_away_counts_half_beside_the_least():
    times = np.array([30.0, 10.0, 20.0, 40.0])
    weights = recency(times, half_life=1.0, least=0.2)
    assert weights == pytest.approx([0.2 + 0.8 / 2, 0.2 + 0.8 / 8, 0.2 + 0.8 / 4, 1.0])


def test_equal_times_weigh_the_same():
    assert recency(np.full(4, 5.0)).tolist() == [1.0] * 4
    assert recency(np.empty(0)).size == 0


def test_a_share_of_recency_where_some_times_are_unknown():
    times = np.array([np.nan, 20.0, 10.0])
    newest, older = recency(times[1:])
    assert recent(times, 0.25) == pytest.approx(0.75 + 0.25 * np.array([older, newest, older]))
    assert recent(times, 0.0) is None
    assert recent(np.full(2, np.nan), 1.0) is None
