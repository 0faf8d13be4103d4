"""The shop's settings in MongoDB: `settings` {_id: "shop", version, ...}."""

from dataclasses import asdict, fields

from pymongo.errors import DuplicateKeyError

from app.domain.changes import Collection, Position
from app.domain.errors import Conflict
from app.domain.ports import SettingsRepository
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.repositories.mongo import Document, MongoStore, position_of, translated

_ID = "shop"
_FIELDS = {field.name for field in fields(ShopSettings)}


class MongoSettings(SettingsRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._settings = store.collection(Collection.SETTINGS)

    def get(self) -> ShopSettings:
        with translated():
            row = self._settings.find_one({"_id": _ID})
        return to_settings(row) if row else ShopSettings()

    def replace(self, settings: ShopSettings) -> Position | None:
        former = settings.version - 1
        with self._store.session() as session:
            try:
                outcome = self._settings.replace_one(
                    {"_id": _ID, "version": former},
                    {"_id": _ID, **asdict(settings)},
                    upsert=former == 0,
                    session=session,
                )
            except DuplicateKeyError as error:
                raise Conflict("The settings were changed at the same time.") from error
            if not outcome.matched_count and outcome.upserted_id is None:
                raise Conflict("The settings were changed at the same time.")
            return position_of(session)


def to_settings(row: Document) -> ShopSettings:
    """Return the domain object of a stored document; fields of other releases are passed over."""
    known = {name: value for name, value in row.items() if name in _FIELDS}
    for name in ("strategy", "auto_strategy"):
        if name in known:
            known[name] = Strategy(known[name])
    if "similarity" in known:
        known["similarity"] = Similarity(known["similarity"])
    return ShopSettings(**known)
