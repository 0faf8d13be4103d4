"""Two states of preferences, held against each other."""

from itertools import chain

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float32s, Float64s, Int64s
from app.engine.tables.ids import IdIndex
from app.engine.tables.preferences import Preferences
from app.engine.tables.row_table import RowTable

Difference = tuple[str, str, float, float]
_DIGITS = 1e-5  # of implied values, which were summed up in another order


def different_pairs(
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


def sides_differ(preferences: Preferences) -> int:
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
