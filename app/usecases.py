"""What a view may call, and what a process runs."""

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
from app.recommender.why_not import WhyNot
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
class UseCases:
    """What a view may call."""

    accounts: Accounts
    keys: Keys
    rate_limits: RateLimits
    catalogue: Catalogue
    ratings: Ratings
    predicted_ratings: PredictedRatings
    events: Events
    sessions: Sessions
    deletions: Deletions
    records: Records
    profiles: Profiles
    recommendations: Recommendations
    why_not: WhyNot
    cursors: Cursors
    streams: Streams
    tickets: Tickets
    freshness: Freshness
    settings: Settings
    health: Health


@dataclass(frozen=True, slots=True)
class Learning:
    """Learned models: stored, loaded, put in force, fitted again."""

    learned: LearnedModels
    library: ModelLibrary
    loader: ModelLoader
    switch: ModelSwitch
    refitting: ModelRefitting


@dataclass(frozen=True, slots=True)
class Runtime:
    """One shop in a process: its memory, and what runs beneath the use cases.

    Nothing is module-global, so that a process can carry several.
    """

    use_cases: UseCases
    scale: RatingScale
    tables: Tables
    preferences: PreferencesProjection
    projections: tuple[Projection, ...]
    contexts: Contexts
    habits: LearnedHabits
    learning: Learning
    feed: Feed
    gate: Gate
    chores: Chores
    erasures: Erasures
    snapshots: Snapshots
    snapshot_keeper: SnapshotKeeper
