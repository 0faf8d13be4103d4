"""Who was erased, in MongoDB: `erased` {_id: digest, at, swept_at}."""

from collections.abc import Sequence
from datetime import datetime

import pymongo
from pymongo import UpdateOne

from app.domain.deletions import Erasure
from app.domain.ports import ErasedRepository
from app.repositories.mongo import MongoStore, translated


class MongoErased(ErasedRepository):
    def __init__(self, store: MongoStore) -> None:
        self._erased = store.collection("erased")

    def known(self, digests: Sequence[str]) -> dict[str, datetime]:
        with translated():
            rows = self._erased.find({"_id": {"$in": list(digests)}}, {"at": 1})
            return {row["_id"]: row["at"] for row in rows if "at" in row}

    def add(self, erasures: Sequence[Erasure]) -> None:
        updates = [UpdateOne({"_id": e.digest}, {"$max": {"at": e.at}}, True) for e in erasures]
        if updates:
            with translated():
                self._erased.bulk_write(updates, ordered=False)

    def swept(self, digest: str, at: datetime) -> None:
        with translated():
            self._erased.update_one({"_id": digest}, {"$max": {"swept_at": at}}, upsert=True)

    def last_swept(self) -> datetime | None:
        with translated():
            row = self._erased.find_one(
                {"swept_at": {"$exists": True}}, sort=[("swept_at", pymongo.DESCENDING)]
            )
        return None if row is None else row["swept_at"]
