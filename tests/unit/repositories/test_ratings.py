"""Ratings as documents, on mongomock as far as it can follow."""

from datetime import UTC, datetime

import pytest
from bson import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ratings import Rating
from app.repositories.ratings import MongoRatings, to_batch

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)


@pytest.fixture
def ratings(store):
    return MongoRatings(store)


def test_a_rating_is_taken_back_only_as_it_was(ratings):
    old, new = Rating("ann", "tea", 3.0, NOW), Rating("ann", "tea", 5.0, NOW)
    ratings.put(old)
    ratings.put(new)
    ratings.take_back(old)
    assert list(ratings.rows()) == [new]
    ratings.take_back(new)
    assert list(ratings.rows()) == []
    assert ratings.remove("ann", "tea").value is False


ids = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
)
rows = st.lists(st.tuples(ids, ids, st.floats(allow_nan=False, allow_infinity=False)), max_size=30)


def _documents(rows, *, value=float):
    return b"".join(
        encode({"_id": {"user_id": user, "item_id": item}, "rating": value(rating)})
        for user, item, rating in rows
    )


@settings(deadline=None)  # the first call compiles
@given(rows)
def test_finds_every_column(rows):
    batch = to_batch(_documents(rows))
    assert list(zip(batch.user_ids, batch.item_ids, batch.values, strict=True)) == rows


def test_the_smallest_documents_have_room():
    rows = [("a", "b", 1.0)] * 1000
    assert len(to_batch(_documents(rows)).values) == 1000


def test_leaves_other_layouts_to_the_driver():
    whole = _documents([("ann", "tea", 4)], value=int)
    other_order = encode({"rating": 2.0, "_id": {"user_id": "bob", "item_id": "mug"}})
    batch = to_batch(_documents([("cy", "pot", 3.0)]) + whole + other_order)
    assert batch.user_ids == ["cy", "ann", "bob"]
    assert batch.item_ids == ["pot", "tea", "mug"]
    assert batch.values == [3.0, 4.0, 2.0]


def test_passes_over_what_is_no_rating():
    odd = [
        {"_id": {"user_id": "ann", "item_id": "tea"}, "rating": float("nan")},
        {"_id": {"user_id": 7, "item_id": "tea"}, "rating": 4.0},
        {"_id": "x", "rating": 4.0},
        {"_id": {"user_id": "ann", "item_id": "pot"}},
    ]
    whole = _documents([("cy", "pot", 3.0)])
    assert to_batch(b"".join(map(encode, odd)) + whole).user_ids == ["cy"]
    assert to_batch(encode(odd[0]) + whole).user_ids == ["cy"]
