"""Things done once in this database: `meta` {_id: "done:" + name}."""

from app.repositories.mongo import MongoStore, translated


class MongoMarkers:
    """Remembers what has been done."""

    def __init__(self, store: MongoStore) -> None:
        self._meta = store.collection("meta")

    def has(self, name: str) -> bool:
        """Return whether it has been done."""
        with translated():
            return self._meta.find_one({"_id": f"done:{name}"}) is not None

    def set(self, name: str) -> None:
        """Remember that it has been done."""
        key = {"_id": f"done:{name}"}
        with translated():
            self._meta.replace_one(key, key, upsert=True)
