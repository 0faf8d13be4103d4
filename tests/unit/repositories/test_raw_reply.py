"""A reply of the server is taken apart, in whichever order its cursor names its fields."""

import pytest
from bson import Timestamp, decode, encode
from bson.raw_bson import RawBSONDocument

from app.domain.changes import Position
from app.repositories.changes import to_reply

EVENTS = [{"_id": {"_data": "82"}, "of": "nextBatch"}, {"firstBatch": [1, 2]}]
TOKEN = {"_data": "826B05516F0000001A"}


def reply(cursor):
    return RawBSONDocument(
        encode({"cursor": cursor, "ok": 1.0, "operationTime": Timestamp(1_795_510_639, 31)})
    )


@pytest.mark.parametrize("name", ["firstBatch", "nextBatch"])
@pytest.mark.parametrize("first", ["batch", "postBatchResumeToken", "id", "ns"])
@pytest.mark.parametrize("events", [[], EVENTS, EVENTS * 1000])
def test_a_reply_is_taken_apart(name, first, events):
    rest = {"postBatchResumeToken": TOKEN, "id": 2**62, "ns": "shop.$cmd.aggregate"}
    fields = {name: events} | rest
    fields = {first: fields[first]} | fields if first != "batch" else fields
    taken = to_reply(reply(fields), name)
    assert list(decode(taken.events).values()) == events
    assert taken.cursor == rest
    assert taken.head == Position(1_795_510_639, 31)
