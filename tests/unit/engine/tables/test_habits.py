"""How things are bought again: learned of all, read of one."""

from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.habits import DAY_MS, Habits, count_habits
from app.engine.tables.history import History
from tests.unit.engine.events_builders import buy, make_history

HALF_LIFE = 90.0 * DAY_MS
START = 10_000


def bought(history: History, subject: str, item: str, *days: float) -> None:
    for day in days:
        buy(history, subject, f"{item}{day}", item, at=int((START + day) * DAY_MS))


def read(history: History, subject: str, now: float, habits: Habits | None = None) -> dict:
    """Return item -> (times, usual days, days ago, score)."""
    found = (habits or Habits()).of(
        history.of_subject(subject), int((START + now) * DAY_MS), half_life=HALF_LIFE
    )
    return {
        history.items.id(int(row)): (int(times), usual / DAY_MS, age / DAY_MS, score)
        for row, times, usual, age, score in zip(*found, strict=True)
    }


def test_an_interval_of_ones_own_needs_three_purchases():
    history = make_history()
    bought(history, "a", "x", 0, 10)
    bought(history, "a", "y", 0, 10, 20, 50)
    found = read(history, "a", now=60)
    assert found["x"][:3] == (2, pytest.approx(30.0), pytest.approx(50.0))
    median = exp((3 * log(10) + 2 * log(30)) / 5)
    assert found["y"][:3] == (4, pytest.approx(median), pytest.approx(10.0))


def test_the_score_by_hand():
    history = make_history()
    bought(history, "a", "x", 0, 90)
    _, usual, age, score = read(history, "a", now=120)["x"]
    faded = 2 ** -(120 / 90) + 2 ** -(30 / 90)
    share = (1 + 5 * 0.2) / (1 + 5)
    assert age == pytest.approx(usual)  # as due as can be
    assert score == pytest.approx(faded / (faded + 10) * share)


def test_it_is_most_due_when_one_interval_has_passed():
    history = make_history()
    bought(history, "a", "x", 0, 30, 60)
    slow = Habits()
    dues = {
        now: slow.of(history.of_subject("a"), (START + 60 + now) * DAY_MS, half_life=1e30)
        for now in (0, 10, 20, 30, 40, 60, 120)
    }
    scores = {now: float(habit.scores[0]) for now, habit in dues.items()}
    assert max(scores, key=lambda now: scores[now]) == 30
    assert scores[0] == pytest.approx(scores[30] / 2)
    assert scores[0] < scores[10] < scores[20] < scores[30] > scores[40] > scores[60] > scores[120]


def test_more_purchases_score_higher():
    history = make_history()
    bought(history, "a", "x", 0, 30, 60, 90)
    bought(history, "a", "y", 30, 60, 90)
    bought(history, "a", "z", 90)
    found = read(history, "a", now=120)
    assert found["x"][3] > found["y"][3] > found["z"][3]


def test_purchases_of_half_a_day_are_one():
    history = make_history()
    bought(history, "a", "x", 0, 0.2, 0.4, 10)
    assert read(history, "a", now=20)["x"][0] == 2


def test_who_bought_nothing_has_no_habits():
    history = make_history()
    assert read(history, "a", now=1) == {}


def test_a_day_in_the_future_is_now():
    history = make_history()
    bought(history, "a", "x", 5)
    times, _, age, score = read(history, "a", now=0)["x"]
    assert (times, age) == (1, 0.0)
    assert 0.0 < score < 1.0


def test_what_is_learned_by_hand():
    history = make_history()
    bought(history, "a", "x", 0, 10, 50)
    bought(history, "b", "x", 3)
    bought(history, "b", "y", 3, 3.1)
    habits = count_habits(history)
    x, y = history.items.row("x"), history.items.row("y")
    shop = (log(10) + log(40) + log(30)) / 3  # the guess counts as one gap
    of_x = (log(10) + log(40) + 5 * shop) / 7
    days = habits.log_gaps - log(DAY_MS)
    assert habits.log_shop - log(DAY_MS) == pytest.approx(shop)
    assert days[[x, y]] == pytest.approx([of_x, shop])
    share = (1 + 0.2) / (3 + 1)
    assert habits.share_shop == pytest.approx(share)
    assert habits.shares[[x, y]] == pytest.approx([(1 + 5 * share) / 7, 5 * share / 6])


def test_an_item_that_came_later_has_the_shops_habit():
    history = make_history()
    bought(history, "a", "x", 0, 10, 20)
    habits = count_habits(history)
    bought(history, "b", "n", 0)
    assert read(history, "b", now=5, habits=habits)["n"][1] == pytest.approx(
        exp(habits.log_shop) / DAY_MS
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 200)), max_size=40
    )
)
def test_what_is_learned_equals_brute_force(purchases):
    history = make_history()
    days: dict = {}
    for subject, item, quarter in purchases:
        bought(history, subject, item, quarter / 4)
        days.setdefault((subject, item), set()).add(quarter / 4)
    habits = count_habits(history)
    for item in {item for _, item in days}:
        gaps, buyers, again = [], 0, 0
        for (_, other), times in days.items():
            if other == item:
                own = [b - a for a, b in pairwise(sorted(times)) if b - a >= 0.5]
                gaps, buyers, again = gaps + own, buyers + 1, again + bool(own)
        row = history.items.row(item)
        logs = sum(log(gap * DAY_MS) for gap in gaps)
        assert habits.log_gaps[row] == pytest.approx((logs + 5 * habits.log_shop) / (len(gaps) + 5))
        assert habits.shares[row] == pytest.approx((again + 5 * habits.share_shop) / (buyers + 5))
        for subject in "abc":
            if times := days.get((subject, item)):
                own = [b - a for a, b in pairwise(sorted(times)) if b - a >= 0.5]
                usual = habits.log_gaps[row] - log(DAY_MS)
                if len(own) > 1:
                    usual = (len(own) * log(np.median(own)) + 2 * usual) / (len(own) + 2)
                found = read(history, subject, 300, habits)[item]
                assert found[:2] == (len(own) + 1, pytest.approx(exp(usual)))


def test_a_subject_that_is_forgotten_leaves_no_trace():
    history = make_history()
    bought(history, "a", "x", 0, 10, 20)
    before = count_habits(history)
    bought(history, "b", "x", 0, 90)
    history.remove_subject("b")
    after = count_habits(history)
    assert after.log_gaps.tolist() == before.log_gaps.tolist()
    assert after.share_shop == before.share_shop
