"""When subjects came to items equals going through the events by hand."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.event_record import Fact
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex
from app.engine.tables.moments import last_moments, moments_of

EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from("wxyz"),
        st.sampled_from(["view", "dislike", "search"]),
        st.integers(1, 5),
    ),
    max_size=20,
)


def weights_of(history):
    weights = np.zeros(256)
    weights[history.vocabulary.kinds.code("view")] = 1.0
    weights[history.vocabulary.kinds.code("dislike")] = -1.0
    return weights


@given(EVENTS)
def test_it_is_the_last_event_that_speaks_for_the_item(events):
    history = History(IdIndex(), IdIndex(), threading.RLock())
    expected = {subject: {} for subject in "abc"}
    for number, (subject, item, kind, at) in enumerate(events):
        history.add(subject, item, Fact(str(number), kind, at))
        if kind == "view":
            expected[subject][item] = max(at, expected[subject].get(item, 0))
    users, items, weights = history.users, history.items, weights_of(history)
    for subject, wanted in expected.items():
        rows = np.flatnonzero(items.alive).astype(np.int32)
        found = moments_of(history.of_subject(subject), weights, rows)
        known = {items.id(r): t for r, t in zip(rows.tolist(), found, strict=True) if t == t}
        assert known == wanted
    every = {}
    for user, item, at in zip(*(c.tolist() for c in last_moments(history, weights)), strict=True):
        every.setdefault(users.id(user), {})[items.id(item)] = at
    ordered = {s: w for s, w in expected.items() if len(w) == 1 or len(set(w.values())) > 1}
    assert every == ordered
