"""The shop's settings in MongoDB: `settings` {_id: "shop", version, ...}."""

from dataclasses import asdict

from pymongo.errors import DuplicateKeyError

from app.domain.changes import Collection, Position
from app.domain.errors import Conflict
from app.domain.ports import SettingsRepository
from app.domain.settings import ShopSettings, from_plain
from app.repositories.mongo import MongoStore, position_of, translated

_ID = "shop"


class MongoSettings(SettingsRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._settings = store.collection(Collection.SETTINGS)

    def get(self) -> ShopSettings:
        with translated():
            row = self._settings.find_one({"_id": _ID})
        return from_plain(row) if row else ShopSettings()

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
