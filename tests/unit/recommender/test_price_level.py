"""How dear items are among those of their category."""

import numpy as np
import pytest

from app.recommender.profiles import price_level

NONE = float("nan")
#         rows: 0    1    2    3    4     5    6     7
PRICES = np.array([1.0, 2.0, 3.0, 4.0, NONE, 9.0, 5.0, 5.0])
CODES = np.array([1, 1, 1, 1, 1, 2, 3, 3], np.int32)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([0], 0.0),
        ([3], 1.0),
        ([1], 1 / 3),
        ([0, 1, 3], 1 / 3),
        ([0, 3], 0.5),
        ([6, 7], 0.5),  # equally dear: in the middle
        ([0, 6], 0.25),
        ([4], None),  # no price
        ([5], None),  # alone in its category
        ([], None),
    ],
)
def test_worked_levels(rows, expected):
    found = price_level(np.array(rows, np.int32), PRICES, CODES)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_items_without_a_category_do_not_count():
    assert price_level(np.array([0], np.int32), PRICES, np.zeros(8, np.int32)) is None
