"""Small histories for the tests of what shoppers did."""

import threading

from hypothesis import strategies as st

from app.engine.tables.event_record import Fact
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex

SUBJECTS, ITEMS = "abcd", "stuvwxyz"
Told = dict[tuple[str, str], tuple[str, Fact]]
"""(subject, event id) -> item, fact: what is left at the end of a story."""


def make_history() -> History:
    """Make an empty history."""
    return History(IdIndex(), IdIndex(), threading.RLock())


def buy(history: History, subject: str, order: str | None, items: str, at: int = 1) -> None:
    """Put one order; each character is an item."""
    for number, item in enumerate(items):
        fact = Fact(f"{order} {at} {number}", "purchase", at, order_id=order)
        history.add(subject, item, fact)


def named(history: History, rows, values) -> dict[str, float]:
    """Return item id -> value."""
    return {
        history.items.id(row): value
        for row, value in zip(rows.tolist(), values.tolist(), strict=True)
    }


@st.composite
def stories(draw, kinds=("purchase", "purchase", "view", "return")):
    """Build a history from events that come and go; return it with what is left."""
    history, left = make_history(), {}
    for _ in range(draw(st.integers(0, 60))):
        subject, event_id = draw(st.sampled_from(SUBJECTS)), str(draw(st.integers(0, 25)))
        if draw(st.integers(0, 4)) == 0:
            history.remove(subject, event_id)
            left.pop((subject, event_id), None)
            continue
        kind, time = draw(st.sampled_from(kinds)), draw(st.integers(1, 8))
        # the lines of one order bear one time
        order = f"o{time}" if kind == "purchase" and draw(st.integers(0, 3)) else None
        fact = Fact(event_id, kind, time, order_id=order)
        item = draw(st.sampled_from(ITEMS))
        if history.add(subject, item, fact):
            left[subject, event_id] = item, fact
    return history, left
