"""Changes out of raw BSON equal what the driver decodes, and a reply is taken apart."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from bson import CodecOptions, DatetimeMS, Timestamp, decode, encode
from bson.codec_options import DatetimeConversion
from bson.raw_bson import RawBSONDocument
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.changes import Change, Collection, Position
from app.domain.ratings import Rating
from app.repositories.changes import to_changes, to_reply

TOKEN = "826B05516F0000001A2B022C0100296E5A1004"
AWARE = CodecOptions(tz_aware=True)
NOW = datetime(2026, 1, 1, 12, 30, 15, 250000, UTC)
KEY = {"user_id": "ann", "item_id": "tea"}

awkward = st.sampled_from(
    ["", ".", "a\0b", "\x02item_id\0", "\x03ns\0....", "绿茶", "🍵", "é" * 60, "tea/绿 🍵?#"]
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ids = st.one_of(awkward, text)
keys = st.builds(lambda user, item: {"user_id": user, "item_id": item}, ids, ids)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MILLISECOND
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MILLISECOND
times = st.integers(EARLIEST, LATEST).map(lambda ms: EPOCH + ms * MILLISECOND)
values = st.floats(allow_nan=False)


def event(kind="insert", *, collection="ratings", key=None, **fields):
    """Return an event as our stages of the change stream leave it."""
    return {
        "_id": {"_data": TOKEN},
        "operationType": kind,
        **fields,
        "ns": {"coll": collection},
        "documentKey": {"_id": KEY if key is None else key},
    }


written = st.builds(
    lambda kind, key, rating, rated_at: event(
        kind, key=key, fullDocument={"rating": rating, "rated_at": rated_at}
    ),
    st.sampled_from(["insert", "replace", "update"]),
    keys,
    values,
    st.none() | times,
)
deleted = st.builds(lambda key: event("delete", key=key), keys)
ODD = [
    event(fullDocument={"rating": 4, "rated_at": NOW}),
    event(fullDocument={"rating": "five", "rated_at": NOW}),
    event(fullDocument={"rating": 4.0}),
    event(fullDocument={"rated_at": NOW}),
    event(fullDocument={"rated_at": NOW, "rating": 4.0}),
    event(fullDocument={"rating": 4.0, "rated_at": "yesterday"}),
    event(fullDocument={"rating": 4.0, "rated_at": NOW, "more": 1}),
    event(fullDocument={"rating": 4.0, "rated_at": None, "more": 1}),
    event("update", fullDocument=None),
    event(key={"user_id": 7, "item_id": "tea"}, fullDocument={"rating": 4.0, "rated_at": NOW}),
    event(key={"user_id": "ann", "item_id": ["tea"]}, fullDocument={"rating": 4.0}),
    event(key={"item_id": "tea", "user_id": "ann"}, fullDocument={"rating": 4.0, "rated_at": NOW}),
    event(key=KEY | {"x": "y"}, fullDocument={"rating": 4.0, "rated_at": NOW}),
    event(key="odd", fullDocument={"rating": 4.0, "rated_at": NOW}),
    event("delete", key={"user_id": "ann"}),
    event("delete", key=KEY | {"x": 1}),
    event("delete", key=7),
    event(collection="users", fullDocument={"rating": 4.0, "rated_at": NOW}),
    event(collection="ratings2", fullDocument={"rating": 4.0, "rated_at": NOW}),
    event("delete", collection="settings"),
    event("renamed", key=KEY),
    event(fullDocument={"rating": 4.0, "rated_at": NOW}) | {"wallTime": NOW},
    {"_id": {"_data": TOKEN}, "operationType": "drop", "ns": {"coll": "ratings"}},
    {"_id": {"_data": TOKEN}, "operationType": "dropDatabase"},
    event("delete") | {"_id": {"_data": TOKEN, "_typeBits": b"\0"}},
    {},
]


def array(events):
    """Return a BSON array, as it stands in the reply of the server."""
    return encode({str(number): event for number, event in enumerate(events)})


def by_driver(event):
    """Return the change of a written or deleted rating, from a decoded event."""
    pair = event["documentKey"]["_id"]["user_id"], event["documentKey"]["_id"]["item_id"]
    document = event.get("fullDocument")
    rating = document and Rating(*pair, document["rating"], document["rated_at"])
    return Change(Collection.RATINGS, pair, rating)


def refused(event):
    """Fail: nothing may be left to the driver."""
    raise AssertionError(decode(event))


@settings(deadline=None)  # the first call compiles
@given(st.lists(written | deleted, max_size=30))
def test_ratings_are_what_the_driver_decodes(events):
    expected = [by_driver(decode(encode(event), AWARE)) for event in events]
    changes = to_changes(array(events), refused)
    assert changes == expected
    assert [type(change.value) for change in changes] == [type(one.value) for one in expected]


@given(st.lists(written | deleted | st.sampled_from(ODD), max_size=60))
def test_the_order_is_kept_whatever_stands_between(events):
    changes = to_changes(array(events), lambda one: ("left", decode(one, AWARE)))
    expected = [
        ("left", one) if one in ODD else by_driver(decode(encode(one), AWARE)) for one in events
    ]
    assert changes == expected


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_leaves_other_layouts_to_the_driver(odd):
    assert to_changes(array([odd]), lambda one: ("left", decode(one, AWARE))) == [("left", odd)]


def test_leaves_times_that_python_has_not_to_the_driver():
    far = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
    limits = [EARLIEST - 1, LATEST + 1, -(2**63), 2**63 - 1]
    events = [event(fullDocument={"rating": 4.0, "rated_at": DatetimeMS(ms)}) for ms in limits]
    left = to_changes(array(events), lambda one: decode(one, far)["fullDocument"]["rated_at"])
    assert left == [DatetimeMS(ms) for ms in limits]


def test_values_that_are_no_numbers_are_handed_on():
    (change,) = to_changes(
        array([event(fullDocument={"rating": float("nan"), "rated_at": NOW})]), refused
    )
    assert math.isnan(change.value.rating)


def test_an_empty_batch():
    assert to_changes(array([]), refused) == []


EVENTS = [{"_id": {"_data": "82"}, "of": "nextBatch"}, {"firstBatch": [1, 2]}]
RESUME_TOKEN = {"_data": "826B05516F0000001A"}


def reply(cursor):
    return RawBSONDocument(
        encode({"cursor": cursor, "ok": 1.0, "operationTime": Timestamp(1_795_510_639, 31)})
    )


@pytest.mark.parametrize("name", ["firstBatch", "nextBatch"])
@pytest.mark.parametrize("first", ["batch", "postBatchResumeToken", "id", "ns"])
@pytest.mark.parametrize("events", [[], EVENTS, EVENTS * 1000])
def test_a_reply_is_taken_apart(name, first, events):
    rest = {"postBatchResumeToken": RESUME_TOKEN, "id": 2**62, "ns": "shop.$cmd.aggregate"}
    fields = {name: events} | rest
    fields = {first: fields[first]} | fields if first != "batch" else fields
    taken = to_reply(reply(fields), name)
    assert list(decode(taken.events).values()) == events
    assert taken.cursor == rest
    assert taken.head == Position(1_795_510_639, 31)
