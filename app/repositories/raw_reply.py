"""A reply of MongoDB's cursor commands, its batch left as bytes."""

from typing import NamedTuple

from bson import decode
from bson.raw_bson import RawBSONDocument

from app.domain.changes import Position
from app.repositories.mongo import Document


class Reply(NamedTuple):
    """What `aggregate` or `getMore` answered."""

    events: bytes
    """The batch, a BSON array."""
    cursor: Document
    """The cursor without its batch."""
    head: Position
    """The newest place the database knew of."""


def to_reply(raw: RawBSONDocument, batch: str) -> Reply:
    """Take a reply apart; `batch` is the name of its batch, `firstBatch` or `nextBatch`."""
    cursor = bytes(raw["cursor"].raw)
    # nothing that may stand before the batch (id, namespace, token) can hold these bytes
    mark = b"\x04" + batch.encode() + b"\0"
    before, _, rest = cursor.partition(mark)
    end = int.from_bytes(rest[:4], "little")
    fields = before[4:] + rest[end:]
    size = len(fields) + 4
    return Reply(
        events=rest[:end],
        cursor=decode(size.to_bytes(4, "little") + fields),
        head=Position(raw["operationTime"].time, raw["operationTime"].inc),
    )
