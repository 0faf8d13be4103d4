"""The only place where concrete parts meet."""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from flask import Flask

from app.domain.errors import Misconfigured
from app.domain.ratings import RatingScale
from app.embedded import EmbeddedMongo
from app.repositories.accounts import MongoAccounts
from app.repositories.catalogue import MongoItems
from app.repositories.changes import MongoChanges
from app.repositories.deletions import MongoDeletions
from app.repositories.keys import MongoKeys
from app.repositories.leases import MongoLeases
from app.repositories.markers import MongoMarkers
from app.repositories.mongo import MongoStore
from app.repositories.rate_limits import MongoRateLimits
from app.repositories.ratings import MongoRatings
from app.repositories.replica_set import initiate
from app.repositories.settings import MongoSettings
from app.services.accounts import Accounts
from app.services.catalogue import Catalogue
from app.services.chores import Chores
from app.services.feed import Feed
from app.services.freshness import Freshness
from app.services.health import Health
from app.services.keys import Keys
from app.services.memory import Tables
from app.services.passwords import Passwords
from app.services.projections.accounts import AccountsProjection
from app.services.projections.catalogue import CatalogueProjection
from app.services.projections.keys import KeysProjection
from app.services.projections.preferences import PreferencesProjection
from app.services.projections.projection import Projection
from app.services.projections.settings import SettingsProjection
from app.services.ratings import Ratings
from app.services.recommendations import Recommendations
from app.services.services import Services
from app.services.settings import Settings as ShopSettingsService
from app.services.shelves.for_you import for_you_shelf
from app.services.shelves.popular import popular_shelf
from app.services.shelves.similar import similar_shelf
from app.services.tokens import Tokens
from config import Settings

_CHORE_SECONDS = 10.0


class Repositories:
    """Every repository of one database. Opens no connection."""

    def __init__(self, uri: str, database: str) -> None:
        self.store = MongoStore(uri, database)
        self.accounts = MongoAccounts(self.store)
        self.keys = MongoKeys(self.store)
        self.items = MongoItems(self.store)
        self.ratings = MongoRatings(self.store)
        self.settings = MongoSettings(self.store)
        self.deletions = MongoDeletions(self.store)
        self.leases = MongoLeases(self.store)
        self.markers = MongoMarkers(self.store)
        self.changes = MongoChanges(self.store)
        self.rate_limits = MongoRateLimits(self.store)


class Live:
    """The live tables, and the projections that keep them equal to the database."""

    def __init__(self, repositories: Repositories) -> None:
        self.tables = tables = Tables()
        self.settings = SettingsProjection(repositories.settings)
        self.keys = KeysProjection(repositories.keys)
        self.accounts = AccountsProjection(repositories.accounts)
        self.catalogue = CatalogueProjection(
            repositories.items, tables.items, tables.features, tables.lock
        )
        self.preferences = PreferencesProjection(repositories.ratings, tables.preferences)
        self.all: tuple[Projection, ...] = (
            self.settings,
            self.keys,
            self.accounts,
            self.catalogue,
            self.preferences,
        )


def build_services(settings: Settings, repositories: Repositories) -> Services:
    """Return one shop, wired. Loads no data."""
    live = Live(repositories)
    feed = Feed(repositories.changes, live.all, live.tables.lock)
    scale = RatingScale(settings.rating_min, settings.rating_max)
    return Services(
        scale=scale,
        accounts=Accounts(
            repositories.accounts,
            repositories.ratings,
            repositories.deletions,
            live=live.accounts,
            feed=feed,
            passwords=Passwords(),
            tokens=Tokens(_secret(settings), hours=settings.token_hours, now=_now),
            now=_now,
        ),
        keys=Keys(repositories.keys, live=live.keys, feed=feed, now=_now),
        catalogue=Catalogue(
            repositories.items,
            repositories.deletions,
            own_dimension=lambda: live.tables.features.own_size or None,
            feed=feed,
            now=_now,
        ),
        ratings=Ratings(
            repositories.ratings,
            repositories.items,
            repositories.accounts,
            repositories.deletions,
            feed=feed,
            scale=scale,
            now=_now,
        ),
        recommendations=_recommendations(live, scale),
        settings=ShopSettingsService(repositories.settings, feed=feed),
        health=Health(repositories.store, feed),
        feed=feed,
        freshness=Freshness(repositories.store, feed, unix_time=time.time),
        rate_limits=repositories.rate_limits,
        chores=Chores(
            repositories.leases,
            {"sweep deletions": _sweep(settings, repositories)},
            seconds=_CHORE_SECONDS,
        ),
        tables=live.tables,
        projections=live.all,
    )


class Shop:
    """What hangs on a Flask app: the services, and the database they need.

    Without MONGO_URI the embedded MongoDB of DATA_DIR is started (or joined, if it runs) at the
    first need and let go at `close`.
    """

    def __init__(self, settings: Settings, services: Services | None = None) -> None:
        self.settings = settings
        self._exit = ExitStack()
        if services is not None:
            self.__dict__["services"] = services

    @cached_property
    def repositories(self) -> Repositories:
        """Return the repositories, with indexes made."""
        repositories = Repositories(self._uri(), self.settings.mongo_db)
        self._exit.callback(repositories.store.close)
        return repositories

    @cached_property
    def services(self) -> Services:
        """Return the services."""
        return build_services(self.settings, self.repositories)

    def start(self) -> None:
        """Load memory, catch up with the feed, begin the background work."""
        self.repositories.store.prepare()
        self.services.freshness.prepare()
        self.services.feed.start()
        self.services.chores.start()

    def close(self) -> None:
        """Stop the background work and let go of the database."""
        if "services" in self.__dict__:
            self.services.chores.stop()
            self.services.feed.stop()
        self._exit.close()

    def _uri(self) -> str:
        if self.settings.mongo_uri is not None:
            return self.settings.mongo_uri.get_secret_value()
        embedded: AbstractContextManager[EmbeddedMongo] = EmbeddedMongo(
            self.settings.data_dir, prepare=initiate
        )
        return self._exit.enter_context(embedded).uri


def start_worker(app: Flask) -> None:
    """Fill this worker's memory; returns when it has caught up with the database."""
    app.extensions["shelfwise"].start()


def stop_worker(app: Flask) -> None:
    """Stop this worker's background work."""
    app.extensions["shelfwise"].close()


def _recommendations(live: Live, scale: RatingScale) -> Recommendations:
    tables, catalogue = live.tables, live.catalogue
    shelves = {
        "for_you": for_you_shelf(tables, catalogue, scale),
        "popular": popular_shelf(tables, catalogue, scale),
        "similar": similar_shelf(tables, catalogue),
    }
    return Recommendations(shelves, catalogue=catalogue, settings=lambda: live.settings.current)


def _sweep(settings: Settings, repositories: Repositories) -> Callable[[], int]:
    # whatever was under way when a deletion was marked has ended by then
    patience = timedelta(seconds=2 * settings.request_timeout_seconds)
    return lambda: repositories.deletions.sweep_marked(_now() - patience)


def _now() -> datetime:
    # MongoDB keeps milliseconds: what we answer is what is stored
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _secret(settings: Settings) -> str:
    if settings.secret_key is not None:
        secret = settings.secret_key.get_secret_value()
        if len(secret) < 32:
            raise Misconfigured("SECRET_KEY must have at least 32 characters: openssl rand -hex 32")
        return secret
    if settings.environment != "development":
        raise Misconfigured(
            "SECRET_KEY is not set, and outside development there is no default. "
            "Make one with: openssl rand -hex 32"
        )
    return _kept_secret(settings.data_dir / "secret_key")


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=_private) as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
