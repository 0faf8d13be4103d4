"""Growth, shrunk where there are few events."""

from math import log

import numpy as np
import pytest

from app.recommender.scorers.trending import LEAST_GROWTH, trends

A_WEEK = 1 / (2 * log(2))  # the fading count of a steady stream with one event a window


def of_streams(recent, usual):
    """Trends of items with so many events in the last window, and usually in each of three."""
    short = np.array(recent) * A_WEEK
    return trends(short, short + 3 * np.array(usual) * A_WEEK)


def test_worked_growth():
    # the shop as a whole has not changed: 180 recent, 180 usual
    found = of_streams([100, 3, 10, 67], [50, 0, 10, 120])
    assert found.recent == pytest.approx([100, 3, 10, 67])
    assert found.usual == pytest.approx([50, 0, 10, 120])
    assert found.growth == pytest.approx([110 / 60, 13 / 10, 1, 77 / 130])
    assert found.scores == pytest.approx([1 - 60 / 110, 0, 0, 0])


def test_what_grows_as_the_shop_does_is_no_trend():
    found = of_streams([200, 2000, 20], [100, 1000, 10])
    assert found.growth == pytest.approx([1, 1, 1])
    assert not found.scores.any()


def test_a_small_item_that_grows_goes_before_a_large_one_that_does_not():
    found = of_streams([60, 5000], [10, 5050])
    assert found.scores[0] > 0
    assert found.scores[1] == 0


def test_chance_is_seldom_a_trend():
    draw = np.random.default_rng(3)
    usual = np.repeat([1.0, 5.0, 20.0, 100.0], 5000)
    found = of_streams(draw.poisson(usual), usual)
    assert (found.growth >= LEAST_GROWTH).mean() < 0.005


def test_a_shop_that_opened_today_has_no_trends():
    found = trends(np.array([100.0, 1.0, 5.0]), np.array([110.0, 2.0, 8.0]))
    assert not found.scores.any()


@pytest.mark.parametrize("nothing", [[], [0.0, 0.0]])
def test_where_nothing_happened_nothing_grows(nothing):
    found = of_streams(nothing, nothing)
    assert not found.scores.any()
    assert found.scores.size == len(nothing)
