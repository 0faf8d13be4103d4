"""Ids, rows and their sort keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.ids import IdIndex
from tests.unit.engine.builders import mapped

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
PREFIXED = st.builds(
    lambda head, tail: head + tail, st.sampled_from(["", "customer-", "客户-é"]), TEXT
)


@given(st.lists(st.lists(PREFIXED, max_size=8), max_size=6))
def test_different_keys_have_the_order_of_the_ids(batches):
    index = IdIndex()
    for batch in batches:
        index.acquire_many(batch)
    ids = sorted({id_ for batch in batches for id_ in batch})
    keys = [int(index.keys[index.row(id_)]) for id_ in ids]
    assert keys == sorted(keys)
    for (one, key), (other, other_key) in zip(
        zip(ids, keys, strict=True), list(zip(ids, keys, strict=True))[1:], strict=False
    ):
        if key == other_key:
            assert one.encode()[:8] == other.encode()[:8]


def test_keys_start_after_the_common_prefix():
    index = IdIndex()
    index.acquire_many(["shopper-0000000001", "shopper-0000000002"])
    first, second = index.keys.tolist()
    assert first < second
    index.acquire("another")
    assert index.keys.tolist()[2] < index.keys.tolist()[0] == index.keys.tolist()[1]


def test_a_row_lives_as_long_as_its_references_and_is_used_again():
    index = IdIndex()
    row = index.acquire("tea")
    assert index.acquire("tea") == row
    index.release(row)
    assert index.row("tea") == row and index.id(row) == "tea" and len(index) == 1
    index.release(row)
    assert index.row("tea") is None and len(index) == 0 and not index.alive[row]
    with pytest.raises(KeyError):
        index.id(row)
    with pytest.raises(ValueError, match="no reference"):
        index.release(row)
    assert index.acquire("coffee") == row and index.capacity == 1


def test_acquire_many_adds_one_reference_per_element():
    index = IdIndex()
    rows = index.acquire_many(["a", "b", "a", "c", "b", "a"])
    assert rows.tolist() == [0, 1, 0, 2, 1, 0]
    for _ in range(3):
        assert index.row("a") == 0
        index.release(0)
    assert index.row("a") is None and index.row("b") == 1


def test_many_ids_get_many_rows():
    index = IdIndex()
    ids = [f"item-{number}" for number in range(5000)]
    rows = index.acquire_many(ids)
    assert [index.id(row) for row in rows.tolist()] == ids and index.capacity == 5000
    assert index.keys.size == 5000


@given(st.lists(st.lists(st.tuples(st.booleans(), PREFIXED), max_size=12), max_size=5))
def test_restored_ids_are_the_same_ids(changes):
    """Whatever is added, dropped and restored in between, both ways of the map agree."""
    index, held = IdIndex(), set()
    for batch in changes:
        for adds, id_ in batch:
            if adds and id_ not in held:
                index.acquire(id_)
                held.add(id_)
            elif not adds and id_ in held:
                index.release(index.row(id_))
                held.discard(id_)
        restored = IdIndex()
        restored.restore(mapped(index.dump()))
        np.testing.assert_array_equal(restored.keys[restored.alive == 1], live_keys(index))
        assert restored.capacity == index.capacity
        index = restored
    assert len(index) == len(held)
    rows = [index.row(id_) for id_ in sorted(held)]
    assert [index.id(row) for row in rows] == sorted(held) and len(set(rows)) == len(held)
    assert index.acquire_many(sorted(held)).tolist() == rows
    assert index.row("never added") is None
    order = sorted(held)
    keys = [int(index.keys[index.row(id_)]) for id_ in order]
    assert keys == sorted(keys)


def live_keys(index):
    return index.keys[index.alive == 1]


def test_an_id_dropped_after_a_restore_leaves_its_row_to_another():
    index = IdIndex()
    index.acquire_many(["tea", "oil"])
    restored = IdIndex()
    restored.restore(mapped(index.dump()))
    restored.release(0)
    assert restored.row("tea") is None and len(restored) == 1
    assert restored.acquire("jam") == 0 and restored.row("tea") is None
    assert restored.id(0) == "jam" and restored.id(1) == "oil"
    assert restored.acquire("tea") == 2
