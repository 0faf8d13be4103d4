"""The rows of a learned model beside those of the tables, whatever comes and goes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.ids import FrozenIds, IdIndex, frozen
from app.learning.learned import ModelRows

ITEMS = [f"item {number}" for number in range(12)]
KNOWN = ["item 3", "item 7", "item 1", "item 11", "gone"]

steps = st.lists(
    st.tuples(st.sampled_from(["acquire", "many", "release", "restore"]), st.sampled_from(ITEMS)),
    max_size=60,
)


def known_ids(ids: list[str]) -> FrozenIds:
    return FrozenIds(frozen(len(ids), np.arange(len(ids), dtype=np.int32), ids))


def watching(index: IdIndex, ids: list[str]) -> ModelRows:
    rows = ModelRows(index, known_ids(ids))
    rows.take(slice(None))
    return rows


def by_hand(index: IdIndex) -> list[int]:
    """Return the model's row of each live row, looked up one by one."""
    rows = []
    for row in range(index.capacity):
        id_ = index.id(row) if index.alive[row] else None
        rows.append(KNOWN.index(id_) if id_ in KNOWN else -1)
    return rows


@given(before=steps, after=steps)
def test_rows_are_right_after_any_sequence(before, after):
    index = IdIndex()
    do(index, before)
    rows = watching(index, KNOWN)
    assert rows.of_live.tolist() == by_hand(index)
    for step in after:
        do(index, [step])
        assert rows.of_live.tolist() == by_hand(index)


@given(before=steps, between=steps)
def test_items_may_come_and_go_while_it_looks(before, between):
    index = IdIndex()
    do(index, before)
    rows = ModelRows(index, known_ids(KNOWN))
    half = len(KNOWN) // 2
    rows.take(slice(half))
    do(index, between)
    rows.take(slice(half, None))
    assert rows.of_live.tolist() == by_hand(index)


def do(index: IdIndex, told: list[tuple[str, str]]) -> None:
    for verb, id_ in told:
        row = index.row(id_)
        if verb == "acquire":
            index.acquire(id_)
        elif verb == "many":
            index.acquire_many([id_, ITEMS[0], id_])
        elif verb == "restore":
            index.restore({name: array.copy() for name, array in index.dump().items()})
        elif row is not None:
            index.release(row)


def test_scores_stand_at_live_rows_and_others_get_nothing():
    index = IdIndex()
    index.acquire_many(["new", "item 7", "item 3"])
    rows = watching(index, KNOWN)
    scores = rows.to_live(np.array([0.3, 0.7, 0.1, 1.1, 9.0]))
    assert scores.tolist() == [0.0, 0.7, 0.3]


def test_who_watches_no_more_hears_nothing():
    index = IdIndex()
    rows = watching(index, KNOWN)
    rows.close()
    rows.close()
    index.acquire("item 3")
    assert index.watchers == []
    assert rows.of_live.tolist() == [-1]
