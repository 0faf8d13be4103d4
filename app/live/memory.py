"""Everything one process keeps in memory for one shop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

from app.engine.recommenders.baskets import Baskets
from app.engine.recommenders.co_rated import CoRated
from app.engine.recommenders.item_based import ItemBased
from app.engine.recommenders.transitions import Transitions
from app.engine.recommenders.user_based import UserBased
from app.engine.tables.activity import Activity
from app.engine.tables.feature_table import Features
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex
from app.engine.tables.preferences import Preferences
from app.engine.tables.tally import Tally
from app.live.shopper import Shopper


@dataclass(frozen=True)
class Tables:
    """The live tables and the recommenders over them.

    One lock guards them all: item rows are shared between preferences and features, so that a
    row number is good only while the lock is held.
    """

    lock: RLock = field(default_factory=RLock)
    users: IdIndex = field(default_factory=IdIndex)
    items: IdIndex = field(default_factory=IdIndex)
    clock: Callable[[], float] = time.time
    """Unix seconds."""
    preferences: Preferences = field(init=False)
    history: History = field(init=False)
    activity: Activity = field(init=False)
    baskets: Baskets = field(init=False)
    transitions: Transitions = field(init=False)
    features: Features = field(init=False)
    user_based: UserBased = field(init=False)
    item_based: ItemBased = field(init=False)
    co_rated: CoRated = field(init=False)
    shopper: Shopper = field(init=False)

    def __post_init__(self) -> None:
        preferences = Preferences(self.users, self.items, self.lock)
        features = Features(self.items, self.lock)
        history = History(self.users, self.items, self.lock)
        object.__setattr__(self, "preferences", preferences)
        object.__setattr__(self, "history", history)
        object.__setattr__(self, "activity", Activity(history))
        tally = Tally(self.items)
        object.__setattr__(self, "baskets", Baskets(history, tally))
        object.__setattr__(self, "transitions", Transitions(history, tally))
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "user_based", UserBased(preferences))
        object.__setattr__(self, "item_based", ItemBased(features))
        object.__setattr__(self, "co_rated", CoRated(preferences))
        object.__setattr__(self, "shopper", Shopper(preferences, history, self.clock))

    @property
    def nbytes(self) -> int:
        """Bytes of preferences, history, activity and features, slack included, without ids."""
        tables = (self.preferences, self.history, self.activity, self.features)
        return sum(table.nbytes for table in tables)
