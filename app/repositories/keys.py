"""API keys in MongoDB: `keys` {_id: key_id, role, digest, label, origins, created_at}."""

from collections.abc import Iterator
from typing import Any

from app.domain.accounts import ApiKey, Role
from app.domain.changes import Collection, Position, Written
from app.domain.ports import KeyRepository
from app.repositories.mongo import (
    Document,
    MongoStore,
    position_of,
    remove_one,
    translated,
    understood,
)


class MongoKeys(KeyRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._keys = store.collection(Collection.KEYS)

    def add(self, key: ApiKey) -> Position | None:
        with self._store.session() as session:
            self._keys.insert_one(_to_document(key), session=session)
            return position_of(session)

    def remove(self, key_id: str) -> Written[bool]:
        return remove_one(self._store, Collection.KEYS, {"_id": key_id})

    def scan(self) -> Iterator[ApiKey]:
        with translated():
            rows = self._keys.find({}).sort("created_at", 1)
            yield from understood(Collection.KEYS, rows, to_key)


def to_key(row: Document) -> ApiKey:
    return ApiKey(
        key_id=row["_id"],
        role=Role(row["role"]),
        digest=row["digest"],
        label=row["label"],
        origins=tuple(row["origins"]),
        created_at=row["created_at"],
    )


def _to_document(key: ApiKey) -> dict[str, Any]:
    return {
        "_id": key.key_id,
        "role": key.role.value,
        "digest": key.digest,
        "label": key.label,
        "origins": list(key.origins),
        "created_at": key.created_at,
    }
