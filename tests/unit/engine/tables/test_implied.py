"""What behaviour says, stored as of a landmark, when the clock does not stand where it should."""

import numpy as np
import pytest

from app.engine.tables.event_record import Fact
from app.engine.tables.implied import Formula, Implied, Landmark
from tests.unit.engine.events_builders import make_history

FORMULA = Formula({"view": 1.0}, half_life=1.0, saturation=1.0, top=5.0)
DAY_MS = 86_400_000


def stored(*days: float) -> Implied:
    """Return what subject "a" implies by one view of an item of their own on each of these days."""
    history = make_history()
    for number, day in enumerate(days):
        history.add("a", f"item {number}", Fact(str(number), "view", int(day * DAY_MS)))
    return Implied(history, FORMULA, Landmark(0.0, FORMULA.half_life * DAY_MS))


@pytest.mark.parametrize("day", [1.0, 50.0, 99.0])
def test_a_value_after_the_landmark_is_exact(day):
    assert stored(day).of_pair(0, 0) == pytest.approx(2.5 * 2.0**day, rel=1e-7)


@pytest.mark.parametrize("day", [127.0, 200.0, 5_000.0])
def test_an_event_long_after_the_clock_counts_as_if_it_were_less_late(day):
    implied = stored(1.0, day)
    _, _, values = implied.of_subjects(np.zeros(1, np.int32))
    assert np.isfinite(values).all()
    assert sorted(values.tolist()) == pytest.approx([5.0, 2.5 * 2.0**100], rel=1e-6)
    assert implied.of_pair(0, 1) == max(values)


def test_one_subjects_events_long_after_the_clock_are_finite_too():
    history = stored(5_000.0)._history
    kinds = history.vocabulary.kinds
    values = FORMULA.of_events(history.of_subject("a"), kinds, now=0.0)
    assert list(values.values()) == pytest.approx([2.5 * 2.0**100])
