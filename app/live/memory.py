"""Everything one process keeps in memory for one shop."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from threading import RLock

import numpy as np

from app.domain.events import Event
from app.domain.recommendations import OwnRecord
from app.engine.jit import Float64s, Int32s
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
        self.implied: Implied | None = None
        """What the stored implied values are as of; None: nothing is loaded."""

    @property
    def nbytes(self) -> int:
        """Bytes of preferences, history, activity and features, slack included, without ids."""
        tables = (self.preferences, self.history, self.activity, self.features)
        return sum(table.nbytes for table in tables)


class Shopper:
    """One subject as a question finds it: made under the memory's lock, good while it is held."""

    def __init__(
        self, tables: "Tables", subject: str | None = None, own: OwnRecord | None = None
    ) -> None:
        """own : what the subject said and did, where that is newer than memory."""
        self._tables = tables
        self._subject = subject
        self._own = own
        now = math.ceil(tables.clock() * 1000)
        self.now = now + -now % _MINUTE_MS
        """Ms since 1970, the next whole minute: nothing may be worth more than when it was done,
        and the pages of a list fit together."""
        self.implied = tables.implied
        self.explicit_scale = (
            1.0 if self.implied is None else self.implied.landmark.factor(self.now)
        )
        """`g` in the formulas: explicit values times it stand beside implied ones."""
        self.profile = self._find()
        """What the subject prefers; None if nothing is known, or it is nobody's question."""

    @cached_property
    def events(self) -> EventRows:
        """What the subject did, newest first; rows only of items in memory."""
        if self._own is not None:
            return self._to_rows(self._own.events)
        return self._tables.history.of_subject(self._subject or "")

    def others(self, subjects: Int32s) -> int:
        """Count the distinct subjects (rows) but for this one."""
        own = None if self._subject is None else self._tables.users.row(self._subject)
        return len(set(subjects.tolist()) - {own})

    @cached_property
    def moments(self) -> Float64s:
        """When the subject's last event spoke for each item of the profile.

        Milliseconds since 1970, shape (n,); not a number where none did.
        """
        items = np.empty(0, np.int32) if self.profile is None else self.profile.items
        if self.implied is None:
            return np.full(items.size, np.nan)
        return moments_of(self.events, self.implied.weights, items)

    def _find(self) -> Profile | None:
        if self._subject is None:
            return None
        if self._own is None:
            return self._tables.preferences.profile(self._subject, g=self.explicit_scale)
        return self._of_record(self._subject, self._own)

    def _of_record(self, subject: str, own: OwnRecord) -> Profile | None:
        """Make the profile that a memory that is not late would have; in rating units."""
        ids = self._tables.items
        values: dict[int, float] = {}
        if self.implied is not None:
            kinds = self._tables.history.vocabulary.kinds
            values = self.implied.formula.of_events(self.events, kinds, self.now)
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
        row = self._tables.users.row(subject)
        return profile if row is None else replace(profile, user_row=row)

    def _to_rows(self, events: Sequence[Event]) -> EventRows:
        items = self._tables.items
        known = [
            (row, to_fact(event))
            for event in events
            if event.item_id is not None and (row := items.row(event.item_id)) is not None
        ]
        rows = np.zeros(len(known), EVENT)
        if known:
            fill(rows, [fact for _, fact in known], self._tables.history.vocabulary)
            rows["item"] = [row for row, _ in known]
        return rows


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
