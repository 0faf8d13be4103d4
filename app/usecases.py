"""Everything a shop has, on one object."""

from dataclasses import dataclass

from app.domain.ports import RateLimits
from app.domain.ratings import RatingScale
from app.learning.learned import LearnedModels
from app.learning.library import ModelLibrary
from app.learning.loading import ModelLoader
from app.learning.refitting import ModelRefitting
from app.learning.switching import ModelSwitch
from app.live.feed import Feed
from app.live.freshness import Freshness
from app.live.memory import Tables
from app.live.patterns import Contexts, LearnedHabits
from app.live.projections.preferences import PreferencesProjection
from app.live.projections.projection import Projection
from app.live.snapshot_keeper import SnapshotKeeper
from app.live.snapshots import Snapshots
from app.recommender.cursors import Cursors
from app.recommender.predicted_ratings import PredictedRatings
from app.recommender.profiles import Profiles
from app.recommender.recommendations import Recommendations
from app.services.accounts import Accounts
from app.services.catalogue import Catalogue
from app.services.chores import Chores
from app.services.deletions import Deletions
from app.services.erasures import Erasures
from app.services.events import Events
from app.services.gate import Gate
from app.services.health import Health
from app.services.keys import Keys
from app.services.ratings import Ratings
from app.services.records import Records
from app.services.sessions import Sessions
from app.services.settings import Settings
from app.services.streams import Streams
from app.services.tokens import Tickets


@dataclass(frozen=True, slots=True)
class Services:
    """One shop in this process. Nothing is module-global, so that a process can carry several."""

    scale: RatingScale
    accounts: Accounts
    keys: Keys
    catalogue: Catalogue
    ratings: Ratings
    events: Events
    sessions: Sessions
    deletions: Deletions
    erasures: Erasures
    records: Records
    recommendations: Recommendations
    settings: Settings
    health: Health
    feed: Feed
    freshness: Freshness
    gate: Gate
    rate_limits: RateLimits
    chores: Chores
    cursors: Cursors
    contexts: Contexts
    profiles: Profiles
    predicted_ratings: PredictedRatings
    habits: LearnedHabits
    learned: LearnedModels
    model_library: ModelLibrary
    model_loader: ModelLoader
    model_switch: ModelSwitch
    model_refitting: ModelRefitting
    streams: Streams
    tickets: Tickets
    snapshots: Snapshots
    snapshot_keeper: SnapshotKeeper
    tables: Tables
    preferences: PreferencesProjection
    projections: tuple[Projection, ...]
