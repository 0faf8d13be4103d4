"""What services ask of the world outside. Repositories keep these promises, fakes in tests too.

Every method may raise StoreUnavailable. A write returns the position of the change it made, so
that its caller can wait until memory holds it.
"""

from app.domain.ports.accounts import AccountRepository, KeyRepository
from app.domain.ports.catalogue import ItemRepository
from app.domain.ports.events import EventRepository, SessionRepository
from app.domain.ports.leaving import (
    DeletionRepository,
    ErasedRepository,
    ErasureList,
    SubjectRepository,
)
from app.domain.ports.models import Contents, ModelCopies, ModelRepository
from app.domain.ports.ratings import RatingRepository
from app.domain.ports.settings import SettingsRepository
from app.domain.ports.snapshots import SnapshotMaker, SnapshotStore
from app.domain.ports.store import ChangeLog, Leases, RateLimits, Store

__all__ = [
    "AccountRepository",
    "ChangeLog",
    "Contents",
    "DeletionRepository",
    "ErasedRepository",
    "ErasureList",
    "EventRepository",
    "ItemRepository",
    "KeyRepository",
    "Leases",
    "ModelCopies",
    "ModelRepository",
    "RateLimits",
    "RatingRepository",
    "SessionRepository",
    "SettingsRepository",
    "SnapshotMaker",
    "SnapshotStore",
    "Store",
    "SubjectRepository",
]
