"""What comes next in a visit, against counts by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.recommenders.transitions import Transitions, last_items
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.event_record import EVENT, Fact
from app.engine.tables.history import History
from tests.unit.engine.events_builders import make_history, named, stories

WEIGHTS = np.zeros(256)
WEIGHTS[[1, 4]] = 1.0, 5.0  # a view, a purchase
WEIGHTS[[8, 9]] = -5.0, -8.0  # a dislike, a return
PATIENCE = 10


def look(history: History, subject: str, items: str, at: int = 1, kind: str = "view") -> None:
    """Put one event after the other, a millisecond apart."""
    for number, item in enumerate(items):
        history.add(subject, item, Fact(f"{at} {number}", kind, at + number))


def shares(history: History, item: str, patience: int = PATIENCE) -> dict[str, float]:
    transitions = Transitions(history, Tally(history.items))
    row = history.items.row(item)
    return named(history, *transitions.shares(row, WEIGHTS, patience=patience))


def went_on(history: History, item: str, other: str, patience: int = PATIENCE) -> list[str]:
    rows = [history.items.row(name) for name in (item, other)]
    if None in rows:
        return []
    transitions = Transitions(history, Tally(history.items))
    subjects = transitions.subjects(*rows, WEIGHTS, patience=patience).tolist()
    return sorted(map(history.users.id, subjects))


def following(history: History, items: str) -> dict[str, float]:
    """Return T above 0 after items, the last one first."""
    transitions = Transitions(history, Tally(history.items))
    rows = [history.items.row(item) for item in items]
    found = transitions.after(rows, WEIGHTS, patience=PATIENCE).scores
    some = np.flatnonzero(found)
    return named(history, some, found[some])


def test_what_came_next_is_a_share_of_all_that_could_have():
    history = make_history()
    look(history, "a", "xy")
    look(history, "b", "xz")
    look(history, "c", "xy")
    look(history, "d", "x")  # who left
    assert shares(history, "x") == pytest.approx({"y": 2 / 7, "z": 1 / 7})


def test_looking_again_at_the_same_item_is_no_step():
    history = make_history()
    look(history, "a", "xxy")
    assert shares(history, "x") == pytest.approx({"y": 2 / 5})


@pytest.mark.parametrize(("patience", "expected"), [(5, {"y": 1 / 4}), (4, {})])
def test_after_a_pause_it_is_another_visit(patience, expected):
    history = make_history()
    look(history, "a", "x", at=10)
    look(history, "a", "y", at=15)
    assert shares(history, "x", patience) == pytest.approx(expected)


def test_what_was_turned_down_is_no_step():
    history = make_history()
    look(history, "a", "x", at=1)
    look(history, "a", "z", at=2, kind="dislike")
    look(history, "a", "y", at=3)
    look(history, "b", "x", at=1, kind="return")
    look(history, "b", "z", at=2)
    assert shares(history, "x") == pytest.approx({"y": 1 / 4})


def test_the_last_item_counts_most():
    history = make_history()
    for subject, items in (("a", "xs"), ("b", "yt"), ("c", "zu")):
        look(history, subject, items)
    found = following(history, "xyz")
    assert found == pytest.approx({"s": 4 / 7 / 4, "t": 2 / 7 / 4, "u": 1 / 7 / 4})


def test_one_click_counts_whole():
    history = make_history()
    look(history, "a", "xy")
    assert following(history, "x") == pytest.approx({"y": 1 / 4})
    assert following(history, "y") == {}


def test_the_subjects_own_last_items_do_not_come_next():
    history = make_history()
    look(history, "a", "xyx")
    look(history, "b", "yz")
    assert following(history, "xy").keys() == {"z"}


def test_why_names_the_items_that_lead_there():
    history = make_history()
    look(history, "a", "xz")
    look(history, "b", "yz")
    look(history, "c", "yz")
    transitions = Transitions(history, Tally(history.items))
    x, y, z = (history.items.row(item) for item in "xyz")
    found = transitions.after([x, y], WEIGHTS, patience=PATIENCE)
    assert found.why(z) == [(x, pytest.approx(1 / 4)), (y, pytest.approx(2 / 5))]
    assert found.why(x) == []


def test_last_items_are_the_newest_each_once():
    events = np.zeros(7, EVENT)
    events["item"] = [5, 5, 6, 7, 5, 8, 9]
    events["kind"] = [1, 4, 1, 8, 1, 1, 1]
    events["at"] = [9, 8, 7, 6, 5, 4, 3]
    assert last_items(events, WEIGHTS, since=0) == [5, 6, 8]
    assert last_items(events, WEIGHTS, since=5) == [5, 6]
    assert last_items(events[:0], WEIGHTS, since=0) == []


@given(stories(kinds=("view", "view", "purchase", "dislike")), st.integers(0, 8))
def test_shares_equal_brute_force(story, patience):
    history, left = story
    lines = {}
    for subject in {subject for subject, _ in left}:
        events = history.of_subject(subject)[::-1]  # oldest first
        lines[subject] = [
            (history.items.id(int(event["item"])), int(event["at"]))
            for event in events
            if WEIGHTS[event["kind"]] > 0
        ]
    for row in np.flatnonzero(history.items.alive).tolist():
        item, steps, who = history.items.id(row), 0, {}
        for subject, line in lines.items():
            for number, (here, at) in enumerate(line):
                steps += here == item
                after = next((pair for pair in line[number:] if pair[0] != item), None)
                if here == item and after and after[1] - at <= patience:
                    who.setdefault(after[0], []).append(subject)
        expected = {other: len(found) / (steps + 3) for other, found in who.items()}
        assert shares(history, item, patience) == pytest.approx(expected)
        for other in "stuvwxyz":
            assert went_on(history, item, other, patience) == sorted(who.get(other, []))


def test_a_subject_that_is_forgotten_leaves_no_trace():
    history = make_history()
    look(history, "a", "xy")
    before = shares(history, "x")
    look(history, "b", "xz")
    history.remove_subject("b")
    assert shares(history, "x") == before
