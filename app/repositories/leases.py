"""Leases: `leases` {_id: name, holder, until}, judged by the database's clock alone."""

from pymongo.errors import DuplicateKeyError

from app.repositories.mongo import MongoStore, translated


class MongoLeases:
    """Keeps the promises of `Leases`."""

    def __init__(self, store: MongoStore) -> None:
        self._leases = store.collection("leases")

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""
        free = {"$or": [{"$eq": ["$holder", holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$add": ["$$NOW", int(seconds * 1000)]}
        with translated():
            try:
                self._leases.update_one(
                    {"_id": name, "$expr": free},
                    [{"$set": {"holder": {"$literal": holder}, "until": until}}],
                    upsert=True,
                )
            except DuplicateKeyError:  # it exists and is somebody else's
                return False
        return True

    def release(self, name: str, holder: str) -> None:
        """Give the lease back early."""
        with translated():
            self._leases.delete_one({"_id": name, "holder": holder})
