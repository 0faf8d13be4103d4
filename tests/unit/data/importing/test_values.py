from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.data.importing.values import (
    to_attributes,
    to_category,
    to_features,
    to_flag,
    to_id,
    to_number,
    to_tags,
    to_time,
)
from app.domain.errors import InvalidInput

NEW_YEAR = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("value", "expected"), [("007", "007"), (7, "7"), ("a/b", "a/b")])
def test_ids(value, expected):
    assert to_id(value, "item_id") == expected


@pytest.mark.parametrize("value", ["", None, True, 7.0, "a\nb", "\udcff", "x" * 129, ["a"]])
def test_what_is_no_id(value):
    with pytest.raises(InvalidInput):
        to_id(value, "item_id")


@pytest.mark.parametrize("value", ["4", 4, 4.0, " 4 ", "4e0"])
def test_numbers(value):
    assert to_number(value, "rating") == 4.0


@pytest.mark.parametrize("value", ["", None, True, "four", "4,5", [4], 10**400])
def test_what_is_no_number(value):
    with pytest.raises(InvalidInput, match="rating: must be a number"):
        to_number(value, "rating")


@pytest.mark.parametrize(
    "value",
    [
        1514764800,
        1514764800.0,
        "1514764800",
        "1514764800.0",
        "2018-01-01",
        "2018-01-01T00:00:00Z",
        "2018-01-01 01:00:00+01:00",
        datetime(2018, 1, 1),
        datetime(2018, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        date(2018, 1, 1),
    ],
)
def test_times(value):
    time = to_time(value, "timestamp")
    assert time == NEW_YEAR
    assert time.tzinfo is UTC


@pytest.mark.parametrize("value", ["", None, float("nan")])
def test_no_time(value):
    assert to_time(value, "timestamp") is None


@pytest.mark.parametrize("value", ["yesterday", "nan", "inf", "01/02/2018", [1], 1e300])
def test_what_is_no_time(value):
    with pytest.raises(InvalidInput, match="ISO 8601 or Unix seconds"):
        to_time(value, "timestamp")


def test_milliseconds_are_recognised_in_the_complaint():
    with pytest.raises(InvalidInput, match="milliseconds"):
        to_time("1514764800000", "timestamp")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        (None, ()),
        ("tea", ("tea",)),
        ("tea|green, loose", ("tea", "green, loose")),
        ("tea, green,tea", ("tea", "green")),
        (["a,b", "c|d", ""], ("a,b", "c|d")),
        ('["a,b", "c|d"]', ("a,b", "c|d")),
        ("[new", ("[new",)),
    ],
)
def test_tags(value, expected):
    assert to_tags(value, "tags") == expected


def test_a_category_may_be_a_list_of_levels():
    assert to_category(["Drinks", "Tea"], "category") == "Drinks|Tea"
    assert to_category("Drinks|Tea", "category") == "Drinks|Tea"
    assert to_category([], "category") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("yes", True),
        ("FALSE", False),
        (1, True),
        (0, False),
        (True, True),
        ("", True),
        (None, True),
    ],
)
def test_flags(value, expected):
    assert to_flag(value, "in_stock", default=True) is expected


@pytest.mark.parametrize("value", ["[1, 2.5]", [1, 2.5], ["1", "2.5"]])
def test_features(value):
    assert to_features(value, "features") == (1.0, 2.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {}),
        (None, {}),
        ("{}", {}),
        ('{"size": "XL", "hot": true, "ml": 500}', {"size": "XL", "hot": True, "ml": 500.0}),
        ({"size": "", "none": None}, {"size": ""}),
    ],
)
def test_attributes(value, expected):
    assert to_attributes(value, "attributes") == expected


@pytest.mark.parametrize("value", ["size: XL", "[]", 3, ["size"], '{"ml": NaN}'])
def test_what_are_no_attributes(value):
    with pytest.raises(InvalidInput, match="attributes: must be a JSON object"):
        to_attributes(value, "attributes")


@pytest.mark.parametrize("value", ["1 2", "{}", 3, "[null]"])
def test_what_is_no_vector(value):
    with pytest.raises(InvalidInput):
        to_features(value, "features")
