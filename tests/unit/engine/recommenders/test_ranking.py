"""The order of scores, masks and limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.recommenders import ranking
from app.engine.tables.ids import IdIndex
from tests import brute_force

IDS = st.text(st.sampled_from("ab客"), max_size=11)
SCORES = st.one_of(st.integers(0, 3).map(float), st.floats(-1, 1), st.just(1 + 1e-11))


@given(st.dictionaries(IDS, st.tuples(SCORES, st.booleans())), st.integers(0, 12))
def test_equals_a_sort_by_rounded_score_then_id(table, n):
    items = IdIndex()
    rows = [items.acquire(id_) for id_ in table]
    scores, allowed = np.zeros(len(table)), np.zeros(len(table), np.bool_)
    for row, (score, may) in zip(rows, table.values(), strict=True):
        scores[row], allowed[row] = score, may
    wanted = {id_: score for id_, (score, may) in table.items() if may}
    found = ranking.top_n(scores, items, n=n, allowed=allowed)
    assert [items.id(row) for row in found.tolist()] == brute_force.ranked(wanted, n)


def index_of(*ids):
    items = IdIndex()
    items.acquire_many(ids)
    return items


def test_ids_that_differ_late_are_compared_as_strings():
    ids = [f"{group}-the-same-beginning-{n}" for n in "3142" for group in "ba"]
    items = index_of(*ids)
    rows = ranking.top_n(np.ones(8), items, n=3, allowed=np.ones(items.capacity, np.uint8))
    assert [items.id(row) for row in rows.tolist()] == sorted(ids)[:3]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"positive": True}, ["a", "b"]),
        ({"min_score": 0.5}, ["a", "b"]),
        ({"min_score": 0.6}, ["a"]),
        ({"min_score": -1.0}, ["a", "b", "c", "d"]),
    ],
)
def test_limits_hold_for_rounded_scores(limits, expected):
    items = index_of("a", "b", "c", "d", "nan")
    scores = np.array([0.9, 0.5 - 1e-12, 1e-12, -0.2, np.nan])
    found = ranking.top_n(scores, items, n=9, allowed=np.ones(items.capacity, np.uint8), **limits)
    assert [items.id(row) for row in found.tolist()] == expected


def test_free_and_blocked_rows_are_never_listed():
    items = index_of("a", "b", "c")
    items.release(0)
    allowed = np.ones(items.capacity, np.uint8)
    allowed[np.array([1], np.int32)] = 0
    assert ranking.top_n(np.ones(3), items, n=9, allowed=allowed).tolist() == [2]


@pytest.mark.parametrize("seed", range(20))
def test_many_rows_of_which_few_have_a_score(seed):
    rng = np.random.default_rng(seed)
    items = index_of(*(f"{n:x}" for n in range(300)))
    scores = np.where(rng.random(300) < 0.1, np.round(rng.random(300), 1), 0.0)
    wanted = {items.id(row): float(score) for row, score in enumerate(scores) if score > 0}
    for n in (1, 5, 100):
        found = ranking.top_n(
            scores, items, n=n, allowed=np.ones(items.capacity, np.uint8), positive=True
        )
        assert [items.id(row) for row in found.tolist()] == brute_force.ranked(wanted, n)


def test_refuses_arrays_of_another_size():
    items = index_of("a", "b")
    with pytest.raises(ValueError, match="2 rows"):
        ranking.top_n(np.ones(2), items, n=1, allowed=np.ones(1, np.uint8))
