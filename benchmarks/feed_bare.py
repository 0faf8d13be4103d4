"""The bare driver on the same change stream."""

from typing import Any

from pymongo.database import Database

from app.domain.changes import Collection

# the stages of app/repositories/changes.py
_STAGES: list[dict[str, Any]] = [
    {"$match": {"ns.coll": {"$in": [collection.value for collection in Collection]}}},
    {"$project": {"operationType": 1, "ns.coll": 1, "documentKey": 1, "fullDocument": 1}},
    {"$unset": ["fullDocument.password_hash", "fullDocument._id"]},
]
_BATCH = 2000


def drain(database: Database[dict[str, Any]], after: Any, count: int) -> None:
    """Read so many changes, one after the other, and do nothing with them."""
    with database.watch(
        _STAGES, full_document="updateLookup", resume_after=after, batch_size=_BATCH
    ) as stream:
        for _ in range(count):
            next(stream)
