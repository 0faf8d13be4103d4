"""Every repository of one database."""

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
from app.repositories.settings import MongoSettings


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
