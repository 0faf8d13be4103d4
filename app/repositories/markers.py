"""Things done once in this database: `meta` {_id: "done:" + name}."""

from app.repositories.mongo import MongoStore, translated


class MongoMarkers:
    def __init__(self, store: MongoStore) -> None:
        self._meta = store.collection("meta")

    def has(self, name: str) -> bool:
        with translated():
            return self._meta.find_one({"_id": f"done:{name}"}) is not None

    def set(self, name: str) -> None:
        key = {"_id": f"done:{name}"}
        with translated():
            self._meta.replace_one(key, key, upsert=True)
