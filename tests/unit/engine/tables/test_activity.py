"""Sums of what was done: equal to a loop over the events, whichever way they came."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.activity import DAY_MS, Activity, Span
from app.engine.tables.event_record import Fact
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex
from tests.unit.engine.builders import mapped

NOW = 1_000 * DAY_MS
WEIGHTS = {"view": 1.0, "purchase": 5.0, "return": -8.0}
DAYS = {Span.DAY: 1, Span.WEEK: 7, Span.MONTH: 30, Span.SEASON: 120}


def make_activity() -> tuple[History, Activity]:
    history = History(IdIndex(), IdIndex(), threading.RLock())
    activity = Activity(history)
    activity.rebuild(WEIGHTS, NOW)
    return history, activity


@st.composite
def stories(draw):
    """Additions and removals, of few enough ids that they meet."""
    steps = []
    for _ in range(draw(st.integers(0, 30))):
        subject, event_id = draw(st.sampled_from("ab")), str(draw(st.integers(0, 9)))
        if draw(st.integers(0, 3)) == 0:
            steps.append((subject, event_id, None, None))
            continue
        at = NOW - draw(st.integers(-2, 400 * 24)) * DAY_MS // 24
        kind = draw(st.sampled_from([*WEIGHTS, "wave"]))
        steps.append((subject, event_id, draw(st.sampled_from("xyz")), Fact(event_id, kind, at)))
    return steps


def play(history, story, left):
    for subject, event_id, item, fact in story:
        if fact is None:
            history.remove(subject, event_id)
            left.pop((subject, event_id), None)
        elif history.add(subject, item, fact):
            left[subject, event_id] = item, fact
    return left


def by_loop(left, weights, now):
    """The ten lines: item -> weighed sums, then counts, by span."""
    found = {}
    for item in {item for item, fact in left.values() if fact.kind in weights}:
        facts = [fact for name, fact in left.values() if name == item and fact.kind in weights]
        weighed, counted = [], []
        for days in DAYS.values():
            faded = [(2 ** ((f.at - now) / (days * DAY_MS / 2)), weights[f.kind]) for f in facts]
            weighed.append(sum(share * weight for share, weight in faded))
            counted.append(sum(share for share, weight in faded if weight > 0))
        weighed.append(sum(weights[fact.kind] for fact in facts))
        found[item] = (*weighed, *counted, len(facts))
    return found


def check(activity, left, weights=WEIGHTS, now=NOW):
    read, expected = activity.by_id(now), by_loop(left, weights, now)
    assert read.keys() == expected.keys()
    for item, sums in expected.items():
        assert read[item] == pytest.approx(sums, rel=1e-9, abs=1e-9)


@given(stories())
def test_following_is_the_same_as_a_loop_over_what_is_left(story):
    history, activity = make_activity()
    left = play(history, story, {})
    check(activity, left)
    check(activity, left, now=NOW + 3 * DAY_MS)


@given(stories(), stories())
def test_a_restored_one_goes_on(story, more):
    history, activity = make_activity()
    left = play(history, story, {})
    other, restored = make_activity()
    for name in ("users", "items"):
        getattr(other, name).restore(mapped(getattr(history, name).dump()))
    other.restore(mapped(history.dump()))
    restored.restore(mapped(activity.dump()), WEIGHTS)
    check(restored, left)
    check(restored, play(other, more, left))


@given(stories(), stories())
def test_other_weights_count_from_now_on_and_for_all_that_was(story, more):
    history, activity = make_activity()
    left = play(history, story, {})
    weights = {"view": 0.5, "wave": 2.0, "purchase": 0.0}
    activity.rebuild(weights, NOW + DAY_MS)
    weights = {"view": 0.5, "wave": 2.0}  # what weighs nothing is not counted
    check(activity, left, weights)
    check(activity, play(history, more, left), weights)


@given(stories())
def test_an_item_whose_events_are_gone_is_zero_to_the_last_bit(story):
    history, activity = make_activity()
    play(history, story, {})
    for subject in "ab":
        history.remove_subject(subject)
    assert not activity.dump()["sums"].any()


def test_what_is_pushed_out_of_a_full_history_is_taken_back(monkeypatch):
    monkeypatch.setattr("app.engine.tables.history.KEPT", 2)
    history, activity = make_activity()
    for number in range(5):
        history.add("a", "x", Fact(str(number), "view", NOW + number))
    assert activity.weighed(Span.ALL, NOW)[history.items.row("x")] == 2


def test_half_a_span_ago_counts_half():
    history, activity = make_activity()
    history.add("a", "x", Fact("1", "purchase", NOW - 7 * DAY_MS // 2))
    row = history.items.row("x")
    assert activity.weighed(Span.WEEK, NOW)[row] == 2.5
    assert activity.counted(Span.WEEK, NOW)[row] == 0.5
    assert activity.weighed(Span.WEEK, NOW + 7 * DAY_MS)[row] == 0.625
    assert activity.weighed(Span.ALL, NOW + 7 * DAY_MS)[row] == 5


def test_events_since_a_time_are_counted():
    history, activity = make_activity()
    for number, (kind, at) in enumerate(
        [("view", 5), ("view", 6), ("purchase", 6), ("return", 7), ("wave", 7), ("view", 9)]
    ):
        history.add("a", "x", Fact(str(number), kind, NOW + at))
    row = history.items.row("x")
    assert activity.since(row, NOW + 6) == 3
    assert activity.since(row, NOW + 9) == 1


def test_a_landmark_grows_old_in_months():
    _, activity = make_activity()
    assert not activity.is_far(NOW + 200 * DAY_MS)
    assert activity.is_far(NOW + 300 * DAY_MS)
