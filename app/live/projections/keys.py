"""The API keys in force, by the digest of their secret."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Self

import orjson
from numpy.typing import NDArray

from app.domain.accounts import ApiKey, Role
from app.domain.changes import Change, Collection
from app.domain.ports import KeyRepository
from app.engine.tables.arrays import Arrays, Texts
from app.live.projections.projection import differences


class KeysProjection:
    """digest -> key."""

    name = "keys"
    version = 1
    collections = (Collection.KEYS,)

    def __init__(self, keys: KeyRepository) -> None:
        self._keys = keys
        self._by_id: dict[str, ApiKey] = {}
        self._by_digest: dict[str, ApiKey] = {}

    def find(self, digest: str) -> ApiKey | None:
        return self._by_digest.get(digest)

    def has(self, key_id: str) -> bool:
        return key_id in self._by_id

    def load(self) -> None:
        self._take(list(self._keys.scan()))

    def apply(self, change: Change) -> None:
        keys = {} if change.key is None else dict(self._by_id)
        if change.value is not None:
            keys[change.key] = change.value
        else:
            keys.pop(change.key, None)
        self._take(list(keys.values()))

    def forget(self, user_id: str) -> None:
        """Keys belong to the shop, not to shoppers."""

    def dump(self) -> dict[str, NDArray[Any]]:
        keys = (orjson.dumps(asdict(key)).decode() for key in self._by_id.values())
        return Texts.of(keys).arrays("keys")

    def restore(self, arrays: Arrays) -> None:
        texts = Texts.named("keys", arrays)
        self._take([_from_json(texts[number]) for number in range(len(texts))])

    def differences(self, rebuilt: Self) -> list[str]:
        return differences("key", self._by_id, rebuilt._by_id)

    def _take(self, keys: list[ApiKey]) -> None:
        self._by_id = {key.key_id: key for key in keys}
        self._by_digest = {key.digest: key for key in keys}


def _from_json(text: str) -> ApiKey:
    values = orjson.loads(text)
    values["role"] = Role(values["role"])
    values["origins"] = tuple(values["origins"])
    values["created_at"] = datetime.fromisoformat(values["created_at"]).astimezone(UTC)
    return ApiKey(**values)
