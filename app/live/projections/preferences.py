"""The preferences of every shopper, from the ratings and from what was done."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import structlog
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import RatingRepository
from app.domain.ratings import RatingScale
from app.engine.jit import Float32s, Float64s, Int64s
from app.engine.tables.arrays import Arrays, in_slices
from app.engine.tables.history import Pair
from app.engine.tables.ids import IdIndex
from app.engine.tables.implied import DAY_MS, Formula, Implied, Landmark
from app.engine.tables.preferences import Preferences
from app.engine.tables.row_table import RowTable
from app.live.memory import Tables
from app.live.projections.projection import Later
from app.live.projections.settings import SettingsProjection

log = structlog.get_logger(__name__)

Difference = tuple[str, str, float, float]
_DIGITS = 1e-5  # of implied values, which were summed up in another order
_AT_ONCE = 256  # subjects under one hold of the lock
_NOTHING = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """How far a rebuild is, in subjects; `waiting`: how many rebuilds are not finished."""

    done: int = 0
    total: int = 0
    waiting: int = 0


class PreferencesProjection:
    """Keeps preferences equal to the ratings, and where there is none, to what events imply.

    It stands behind history and settings, and hears of changed pairs.
    """

    name = "preferences"
    version = 2
    collections = (Collection.RATINGS, Collection.EVENTS, Collection.SETTINGS)

    def __init__(
        self,
        ratings: RatingRepository,
        tables: Tables,
        *,
        settings: SettingsProjection,
        scale: RatingScale,
        later: Later,
    ) -> None:
        self._ratings = ratings
        self._tables = tables
        self._preferences = tables.preferences
        self._settings = settings
        self._scale = scale
        self._later = later
        self.rebuilding = Rebuilding()
        """How far the last rebuild is."""
        self._implied = self._of_settings()

    def load(self) -> None:
        self._implied = self._of_settings()
        batches = (
            (batch.user_ids, batch.item_ids, np.asarray(batch.values))
            for batch in self._ratings.scan()
        )
        self._preferences.load(batches)
        self._put_implied()

    def apply(self, change: Change) -> None:
        if change.collection is Collection.SETTINGS:
            if self._formula() != self._implied.formula:
                self.rebuild_later()
        elif change.collection is Collection.EVENTS:
            if change.key is None:  # of single events the history tells
                self.rebuild_later()
        elif change.key is None:
            self._preferences.load(())
            self._put_implied()
        elif change.value is not None:
            user_id, item_id = change.key
            self._preferences.put(user_id, item_id, change.value.rating)
        elif self._preferences.remove(*change.key):
            self._put_pair(*change.key)

    def refresh(self, pair: Pair) -> None:
        """Bring a pair up to date whose events changed."""
        users, items = self._preferences.users, self._preferences.items
        if not (users.alive[pair.subject] and items.alive[pair.item]):
            return  # the last thing that referred to one of them was that event
        user_id, item_id = users.id(pair.subject), items.id(pair.item)
        if self._preferences.is_explicit(user_id, item_id):
            return
        if self._implied.landmark.is_far(self._now()):
            self.rebuild_later()
        value = self._implied.of_pair(*pair)
        if value is None:
            self._preferences.remove(user_id, item_id)
        else:
            self._preferences.put(user_id, item_id, value, implied=True)

    def rebuild_later(self) -> None:
        """Have the feed compute anew all that is implied, by the settings; readers go on."""
        self.rebuilding = replace(self.rebuilding, waiting=1)
        self._later.put(self._rebuild)

    def _rebuild(self) -> None:
        self._implied = self._of_settings()
        self._put_implied()
        log.info("preferences rebuilt", pairs=len(self._preferences))

    def _put_pair(self, user_id: str, item_id: str) -> None:
        user, item = self._preferences.users.row(user_id), self._preferences.items.row(item_id)
        if user is not None and item is not None:
            self.refresh(Pair(user, item))

    def _put_implied(self) -> None:
        implied, subjects = self._implied, self._tables.history.subjects()
        parts = [_NOTHING]
        for some in in_slices(self._tables.lock, subjects.size, _AT_ONCE):
            self.rebuilding = Rebuilding(some.start, subjects.size, waiting=1)
            parts.append(implied.of_subjects(subjects[some]))
        users, items, values = (np.concatenate(column) for column in zip(*parts, strict=True))

        def also() -> None:  # what is read with the landmark changes together with it
            self._tables.implied = implied

        self._preferences.replace_implied(users, items, values, also=also)
        self.rebuilding = Rebuilding(subjects.size, subjects.size)

    def _of_settings(self) -> Implied:
        formula = self._formula()
        landmark = Landmark.near(self._now(), formula.half_life * DAY_MS)
        return Implied(self._tables.history, formula, landmark)

    def _now(self) -> float:
        return self._tables.clock() * 1000

    def _formula(self) -> Formula:
        shop = self._settings.current
        return Formula(dict(shop.weights), shop.half_life_days, shop.saturation, self._scale.top)

    def forget(self, user_id: str) -> None:
        self._preferences.remove_user(user_id)

    def dump(self) -> dict[str, NDArray[Any]]:
        landmark = np.array([self._implied.landmark.at])
        return self._preferences.dump() | {"landmark": landmark}

    def restore(self, arrays: Arrays) -> None:
        self._preferences.restore(arrays)
        formula = self._formula()
        landmark = Landmark(float(arrays["landmark"][0]), formula.half_life * DAY_MS)
        self._implied = Implied(self._tables.history, formula, landmark)
        self._tables.implied = self._implied

    def differences(self, rebuilt: Self) -> list[str]:
        # implied values may be as of different landmarks
        scale = rebuilt._implied.landmark.factor(self._implied.landmark.at)
        pairs = _different_pairs(self._preferences, rebuilt._preferences, implied_scale=scale)
        lines = [
            f"preference of {user!r} for {item!r}: memory {here:g}, rebuilt {there:g}"
            for user, item, here, there in pairs
        ]
        if torn := _entries_that_differ(self._preferences):
            lines.append(f"{torn} entries differ between the rows of users and of items")
        return lines


def _different_pairs(
    one: Preferences, other: Preferences, *, implied_scale: float = 1.0
) -> list[Difference]:
    """Return (user id, item id, value here, value there) where they differ; NaN for no entry.

    Implied values of `one` are multiplied by `implied_scale`. O(n log n) over all entries.
    """
    users, items = _Codes(one.users, other.users), _Codes(one.items, other.items)
    mine = _coded(one.by_user, users.mine, items.mine)
    theirs = _coded(other.by_user, users.theirs, items.theirs)
    pairs = np.union1d(mine[0], theirs[0])
    implied = one.by_user.entries()[1] < 0
    faded = mine[1] * np.where(implied, implied_scale, 1.0)
    here, there = _values_at(pairs, mine[0], faded), _values_at(pairs, *theirs)
    close = np.isclose(here, there, rtol=_DIGITS, atol=0.0) if implied.any() else here == there
    differ = np.flatnonzero(~close & ~(np.isnan(here) & np.isnan(there)))
    return [
        (users.ids[pair >> 32], items.ids[pair & 0xFFFFFFFF], a, b)
        for pair, a, b in zip(
            pairs[differ].tolist(), here[differ].tolist(), there[differ].tolist(), strict=True
        )
    ]


def _entries_that_differ(preferences: Preferences) -> int:
    """Return how many entries stand on one side only, or with another value; 0 in order."""
    users = np.arange(preferences.users.capacity, dtype=np.int64)
    items = np.arange(preferences.items.capacity, dtype=np.int64)
    pairs, values = _coded(preferences.by_user, users, items)
    turned, others = _coded(preferences.by_item, items, users)
    turned = (turned & 0xFFFFFFFF) << 32 | turned >> 32
    union = np.union1d(pairs, turned)
    return int((_values_at(union, pairs, values) != _values_at(union, turned, others)).sum())


class _Codes:
    """Common numbers for the ids of two indexes."""

    def __init__(self, one: IdIndex, other: IdIndex) -> None:
        rows = [np.flatnonzero(index.alive).tolist() for index in (one, other)]
        mine = [one.id(row) for row in rows[0]]
        theirs = [other.id(row) for row in rows[1]]
        self.ids = list(dict.fromkeys(chain(mine, theirs)))
        code_of = {id_: code for code, id_ in enumerate(self.ids)}
        self.mine = _by_row(one.capacity, rows[0], [code_of[id_] for id_ in mine])
        self.theirs = _by_row(other.capacity, rows[1], [code_of[id_] for id_ in theirs])


def _by_row(capacity: int, rows: list[int], codes: list[int]) -> Int64s:
    by_row = np.full(capacity, -1, np.int64)
    by_row[rows] = codes
    return by_row


def _coded(table: RowTable, owners: Int64s, partners: Int64s) -> tuple[Int64s, Float32s]:
    """Return owner << 32 | partner for every entry, and the values, shapes (n,)."""
    rows, entries, values = table.entries()
    return owners[rows] << 32 | partners[entries ^ (entries >> 31)], values


def _values_at(pairs: Int64s, mine: Int64s, values: Float32s | Float64s) -> npt.NDArray[np.float64]:
    found = np.full(pairs.size, np.nan)
    found[np.searchsorted(pairs, mine)] = values
    return found
