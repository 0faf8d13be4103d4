"""What is held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offline.evaluation.splits import cut_before_last, folds, last_items, some_items


def rows(*pairs):
    users, items = zip(*pairs, strict=True)
    return np.array(users, np.int32), np.array(items, np.int32)


def held(*pairs, counts=None, orders=None, n=1):
    users, items = rows(*pairs)
    counting = np.ones(users.size, bool) if counts is None else np.array(counts, bool)
    told = None if orders is None else np.array(orders, np.int64)
    return last_items(users, items, counts=counting, orders=told, n=n).tolist()


def test_the_last_tenth_of_the_time_comes_after_the_cut():
    assert cut_before_last(np.array([1000, 2000, 101_000]), share=0.1) == 91_000


def test_a_single_moment_is_cut_before():
    assert cut_before_last(np.array([5, 5]), share=0.1) < 5


def test_each_shoppers_last_item_is_held_out():
    assert held((0, 1), (1, 1), (0, 2), (1, 3)) == [False, False, True, True]


def test_all_that_was_done_with_the_last_item_right_before_goes_with_it():
    # looked at 1, looked at 2, carted 2, bought 2
    assert held((0, 1), (0, 2), (0, 2), (0, 2)) == [False, True, True, True]


def test_an_earlier_look_at_the_last_item_stays():
    assert held((0, 2), (0, 1), (0, 2)) == [False, False, True]


def test_what_does_not_count_is_held_out_only_where_it_comes_after():
    assert held((0, 1), (0, 2), (0, 3), counts=[1, 1, 0]) == [False, True, True]


def test_a_shopper_without_anything_that_counts_keeps_all():
    assert held((0, 1), (0, 2), counts=[0, 0]) == [False, False]


def test_several_last_items():
    assert held((0, 1), (0, 2), (0, 3), n=2) == [False, True, True]


def test_an_order_is_not_parted():
    assert held((0, 1), (0, 2), (0, 3), (0, 4), orders=[7, 8, 8, 8]) == [False, True, True, True]


interactions = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=40)


@given(interactions, st.integers(1, 3))
def test_only_an_end_of_each_shoppers_rows_is_held_out(pairs, n):
    users, items = rows(*pairs)
    found = np.array(held(*pairs, n=n))
    for user in set(users.tolist()):
        of_user = found[users == user].tolist()
        assert of_user == sorted(of_user)
        assert 1 <= len(set(items[(users == user) & found].tolist())) <= n


@given(interactions, st.integers(2, 5), st.integers(0, 9))
def test_a_pair_is_in_one_fold_and_folds_are_of_a_size(pairs, k, seed):
    users, items = rows(*pairs)
    fold = folds(users, items, k=k, seed=seed)
    by_pair = {}
    for pair, number in zip(pairs, fold.tolist(), strict=True):
        assert by_pair.setdefault(pair, number) == number
    sizes = np.bincount(list(by_pair.values()), minlength=k)
    assert sizes.max() - sizes.min() <= 1
    assert fold.tolist() == folds(users, items, k=k, seed=seed).tolist()


@pytest.mark.parametrize(("share", "count"), [(0.1, 10), (0.001, 1), (1.0, 100)])
def test_a_share_of_the_items_is_drawn(share, count):
    drawn = some_items(np.arange(100, dtype=np.int32), share=share, seed=3)
    assert drawn.size == count == np.unique(drawn).size
    assert (
        drawn.tolist() == some_items(np.arange(100, dtype=np.int32), share=share, seed=3).tolist()
    )
