import pytest

from app.data.importing.names import ITEM_FIELDS, RATING_FIELDS, recognise
from app.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["user_id", "item_id", "rating"], ["user_id", "item_id", "rating"]),
        (["userId", "movieId", "rating", "timestamp"], ["userId", "movieId", "rating"]),
        (["Customer ID", "SKU", "Stars"], ["Customer ID", "SKU", "Stars"]),
        (["shopper-id", "PRODUCT_ID", "Value", "date"], ["shopper-id", "PRODUCT_ID", "Value"]),
        (
            ["user_id", "item_id", "event", "value", "score_", "rating"],
            ["user_id", "item_id", "rating"],
        ),
    ],
)
def test_usual_names_are_recognised_and_the_own_name_wins(columns, expected):
    mapping = recognise(columns, RATING_FIELDS, {})
    assert [mapping[name] for name in ("user_id", "item_id", "rating")] == expected


def test_a_missing_column_is_named_with_what_the_file_has_and_the_option():
    with pytest.raises(InvalidInput, match=r"user_id.*the file has: sku, stars.*--user-column"):
        recognise(["sku", "stars"], RATING_FIELDS, {})


def test_two_candidates_are_both_named():
    with pytest.raises(InvalidInput, match=r"sku and id could each be item_id.*--item-column"):
        recognise(["sku", "id", "title"], ITEM_FIELDS, {})


def test_the_users_word_wins_and_its_column_serves_nothing_else():
    columns = ["user_id", "item_id", "score", "stars"]
    mapping = recognise(columns, RATING_FIELDS, {"rating": "stars", "timestamp": "score"})
    assert mapping["rating"] == "stars"
    assert mapping["timestamp"] == "score"


def test_the_users_word_must_be_a_column():
    with pytest.raises(InvalidInput, match="no column 'nobody'; the file has: a"):
        recognise(["a"], RATING_FIELDS, {"user_id": "nobody"})
