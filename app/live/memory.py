"""Everything one process keeps in memory for one shop."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import RLock

import numpy as np

from app.domain.events import Event
from app.domain.recommendations import OwnRecord, Query
from app.engine.jit import Float64s
from app.engine.recommenders.baskets import Baskets
from app.engine.recommenders.co_rated import CoRated
from app.engine.recommenders.item_based import ItemBased
from app.engine.recommenders.transitions import Transitions
from app.engine.recommenders.user_based import UserBased
from app.engine.tables.activity import Activity
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.event_record import EVENT, EventRows, Fact, fill
from app.engine.tables.feature_table import Features
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex
from app.engine.tables.implied import Implied
from app.engine.tables.moments import moments_of
from app.engine.tables.preferences import Preferences
from app.engine.tables.profile import Profile

_MINUTE_MS = 60_000


class Shopper:
    """Holds who is there and when for the length of one query: all of a shelf finds the same.

    It is guarded by the memory's lock, as the rows in it are. The time that values fade by moves
    in whole minutes: the pages of a list fit together.
    """

    def __init__(
        self, preferences: Preferences, history: History, clock: Callable[[], float]
    ) -> None:
        self._preferences = preferences
        self._history = history
        self._clock = clock
        self.profile: Profile | None = None
        """What the present subject prefers; None if nothing is known, or nobody is here."""
        self._query = Query()
        self._moments: tuple[Profile, Float64s] | None = None
        self.implied: Implied | None = None
        """What the stored values are as of; None: nothing is loaded."""
        self.now = 0
        """When the query was asked: ms since 1970, the next whole minute."""
        self.g = 1.0
        """What explicit values are multiplied by, so that they stand beside implied ones."""

    @property
    def events(self) -> EventRows:
        """Return what the present subject did, newest first; rows only of items in memory."""
        query = self._query
        if query.own is not None:
            return self._to_rows(query.own.events)
        return self._history.of_subject(query.subject or "")

    def moments(self, profile: Profile) -> Float64s:
        """Return when the present subject's last event spoke for each item of the profile.

        Milliseconds since 1970, shape (n,); not a number where none did.
        """
        if self.implied is None:
            return np.full(profile.items.size, np.nan)
        if self._moments is None or self._moments[0] is not profile:
            found = moments_of(self.events, self.implied.weights, profile.items)
            self._moments = profile, found
        return self._moments[1]

    @contextmanager
    def present(self, query: Query) -> Iterator[None]:
        """Hold the subject of the query while the body runs."""
        former = self._query, self.profile
        now = math.ceil(self._clock() * 1000)
        self.now = now + -now % _MINUTE_MS  # ahead: nothing may be worth more than when it was done
        self.g = 1.0 if self.implied is None else self.implied.landmark.factor(self.now)
        self._query, self.profile, self._moments = query, self._find(query), None
        try:
            yield
        finally:
            self._query, self.profile = former
            self._moments = None

    def _find(self, query: Query) -> Profile | None:
        if query.subject is None:
            return None
        if query.own is None:
            return self._preferences.profile(query.subject, g=self.g)
        return self._of_record(query.subject, query.own)

    def _of_record(self, subject: str, own: OwnRecord) -> Profile | None:
        """Make the profile that a memory that is not late would have; in rating units."""
        ids = self._preferences.items
        values: dict[int, float] = {}
        if self.implied is not None:
            kinds = self._history.vocabulary.kinds
            values = self.implied.formula.of_events(self._to_rows(own.events), kinds, self.now)
        found = ((ids.row(item_id), rating) for item_id, rating in own.ratings.items())
        rated = {row: rating for row, rating in found if row is not None}
        merged = values | rated
        if not merged:
            return None
        profile = Profile(
            np.fromiter(merged, np.int32, len(merged)),
            np.fromiter(merged.values(), np.float32, len(merged)).astype(np.float64),
            implied=np.fromiter((row not in rated for row in merged), np.uint8, len(merged)),
        )
        row = self._preferences.users.row(subject)
        return profile if row is None else replace(profile, user_row=row)

    def _to_rows(self, events: Sequence[Event]) -> EventRows:
        items = self._history.items
        known = [
            (row, to_fact(event))
            for event in events
            if event.item_id is not None and (row := items.row(event.item_id)) is not None
        ]
        rows = np.zeros(len(known), EVENT)
        if known:
            fill(rows, [fact for _, fact in known], self._history.vocabulary)
            rows["item"] = [row for row, _ in known]
        return rows


class Tables:
    """The live tables and the recommenders over them.

    One lock guards them all: item rows are shared between preferences and features, so that a
    row number is good only while the lock is held.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """clock : gives Unix seconds."""
        self.lock = RLock()
        self.clock = clock
        self.users, self.items = IdIndex(), IdIndex()
        self.preferences = Preferences(self.users, self.items, self.lock)
        self.history = History(self.users, self.items, self.lock)
        self.activity = Activity(self.history)
        tally = Tally(self.items)
        self.baskets = Baskets(self.history, tally)
        self.transitions = Transitions(self.history, tally)
        self.features = Features(self.items, self.lock)
        self.user_based = UserBased(self.preferences)
        self.item_based = ItemBased(self.features)
        self.co_rated = CoRated(self.preferences)
        self.shopper = Shopper(self.preferences, self.history, clock)

    @property
    def nbytes(self) -> int:
        """Bytes of preferences, history, activity and features, slack included, without ids."""
        tables = (self.preferences, self.history, self.activity, self.features)
        return sum(table.nbytes for table in tables)


def to_fact(event: Event) -> Fact:
    return Fact(
        event.key.event_id,
        event.kind,
        to_ms(event.at),
        1 if event.quantity is None else event.quantity,
        math.nan if event.price is None else event.price,
        event.order_id,
        event.context.device or "",
        event.context.country or "",
    )


def to_ms(at: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return round(at.timestamp() * 1000)
