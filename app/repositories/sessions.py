"""Sessions that became a shopper's: `sessions` {_id: session_id, user_id, claimed_at, moved}."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pymongo
from pymongo.errors import DuplicateKeyError

from app.domain.ports import SessionRepository
from app.domain.subjects import Claim
from app.repositories.mongo import MongoStore, translated


class MongoSessions(SessionRepository):
    """Claims expire `keep` after they were made."""

    def __init__(self, store: MongoStore, *, keep: timedelta) -> None:
        self._sessions = store.collection("sessions")
        self._keep = keep

    def owners(self, session_ids: Iterable[str]) -> dict[str, str]:
        condition = {"_id": {"$in": list(session_ids)}}
        with translated():
            return {row["_id"]: row["user_id"] for row in self._sessions.find(condition)}

    def claim(self, session_id: str, user_id: str, at: datetime) -> str:
        document = {
            "_id": session_id,
            "user_id": user_id,
            "claimed_at": at,
            "moved": False,
            "expires": at + self._keep,
        }
        with translated():
            try:
                self._sessions.insert_one(document)
            except DuplicateKeyError:  # of two logins at once the first has it
                row = self._sessions.find_one({"_id": session_id})
                return self.claim(session_id, user_id, at) if row is None else str(row["user_id"])
            return user_id

    def finished(self, session_id: str) -> None:
        with translated():
            self._sessions.update_one({"_id": session_id}, {"$set": {"moved": True}})

    def unfinished(self, before: datetime) -> list[tuple[str, str]]:
        condition = {"moved": False, "claimed_at": {"$lt": before}}
        with translated():
            return [(row["_id"], row["user_id"]) for row in self._sessions.find(condition)]

    def of_user(self, user_id: str) -> list[Claim]:
        with translated():
            rows = self._sessions.find({"user_id": user_id}).sort("claimed_at", pymongo.ASCENDING)
            return [Claim(row["_id"], row["user_id"], row["claimed_at"]) for row in rows]
