"""Columns out of raw BSON equal what the driver decodes."""

from bson import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from app.repositories.ratings import to_batch

ids = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
)
ratings = st.lists(
    st.tuples(ids, ids, st.floats(allow_nan=False, allow_infinity=False)), max_size=30
)


def _documents(rows, *, value=float):
    return b"".join(
        encode({"_id": {"user_id": user, "item_id": item}, "rating": value(rating)})
        for user, item, rating in rows
    )


@settings(deadline=None)  # the first call compiles
@given(ratings)
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
