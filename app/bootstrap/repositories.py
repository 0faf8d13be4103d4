"""Every repository of one database; no connection is opened."""

from datetime import timedelta

from app.repositories.accounts import MongoAccounts
from app.repositories.catalogue import MongoItems
from app.repositories.changes import MongoChanges
from app.repositories.coordination import MongoLeases, MongoMarkers, MongoRateLimits
from app.repositories.deletions import MongoDeletions
from app.repositories.erasures import MongoErased, MongoSubjects
from app.repositories.events import MongoEvents
from app.repositories.keys import MongoKeys
from app.repositories.models import MongoModels
from app.repositories.mongo import MongoStore
from app.repositories.ratings import MongoRatings
from app.repositories.sessions import MongoSessions
from app.repositories.settings import MongoSettings


class Repositories:
    def __init__(
        self,
        uri: str,
        database: str,
        *,
        events_days: float = 0.0,
        session_days: float = 30.0,
    ) -> None:
        self.store = MongoStore(uri, database)
        self.accounts = MongoAccounts(self.store)
        self.keys = MongoKeys(self.store)
        self.items = MongoItems(self.store)
        self.ratings = MongoRatings(self.store)
        self.events = MongoEvents(
            self.store,
            keep=timedelta(days=events_days) if events_days else None,
            keep_sessions=timedelta(days=session_days),
        )
        self.sessions = MongoSessions(self.store, keep=timedelta(days=session_days))
        self.settings = MongoSettings(self.store)
        self.deletions = MongoDeletions(self.store)
        self.erased = MongoErased(self.store)
        self.subjects = MongoSubjects(self.store)
        self.leases = MongoLeases(self.store)
        self.markers = MongoMarkers(self.store)
        self.models = MongoModels(self.store)
        self.changes = MongoChanges(self.store)
        self.rate_limits = MongoRateLimits(self.store)
