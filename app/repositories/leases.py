"""Leases: `leases` {_id: name, holder, until}, judged by the database's clock alone."""

from datetime import UTC, datetime

from pymongo import ReturnDocument

from app.domain.ports import Leases
from app.repositories.mongo import MongoStore, translated

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MongoLeases(Leases):
    def __init__(self, store: MongoStore) -> None:
        self._leases = store.collection("leases")

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        me = {"$literal": holder}
        free = {"$lt": [{"$ifNull": ["$until", _LONG_AGO]}, "$$NOW"]}
        until = {"$add": ["$$NOW", int(seconds * 1000)]}
        with translated():
            lease = self._leases.find_one_and_update(
                {"_id": name},
                [
                    {"$set": {"mine": {"$or": [{"$eq": ["$holder", me]}, free]}}},
                    {
                        "$set": {
                            "holder": {"$cond": ["$mine", me, "$holder"]},
                            "until": {"$cond": ["$mine", until, "$until"]},
                        }
                    },
                    {"$unset": "mine"},
                ],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return lease is not None and lease["holder"] == holder
