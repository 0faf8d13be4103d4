"""The preferences of every subject, and when they came to them, as models are fitted to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.engine.jit import Float32s, Float64s, Int32s, Int64s
from app.engine.tables.ids import IdIndex
from app.engine.tables.moments import Moments, last_moments
from app.live.memory import Tables

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Preferred:
    """Preferences in rating units, or times; rows and columns in the order of ids.

    So the same preferences give the same model, whatever rows they have in memory.
    """

    matrix: "csr_matrix"
    """Shape (n_users, n_items)."""
    users: list[str]
    items: list[str]


def preferred(tables: Tables) -> Preferred:
    """Return the preferences in memory now, explicit and implied ones alike; float32."""
    with tables.lock:
        rows, entries, values = tables.preferences.by_user.entries()
        implied, now = tables.implied, tables.clock() * 1000
        g = 1.0 if implied is None else implied.landmark.factor(now)
        users, user = _by_id(tables.users, rows)
        items, item = _by_id(tables.items, entries ^ (entries >> 31))
    ratings = np.where(entries < 0, values / g, values).astype(np.float32)
    return _arranged(ratings, (users, user), (items, item))


def rated(tables: Tables) -> Preferred:
    """Return the ratings in memory now, as they were given; float32, a stored 0 is a rating."""
    with tables.lock:
        rows, entries, values = tables.preferences.by_user.entries()
        given = entries >= 0
        users, user = _by_id(tables.users, rows[given])
        items, item = _by_id(tables.items, entries[given])
    ratings = values[given].astype(np.float32)
    return _arranged(ratings, (users, user), (items, item))


def taken_up(tables: Tables) -> Preferred:
    """Return when each subject's last event spoke for each item that they prefer: ms since 1970.

    Ratings say no time in memory; subjects whose events all have the same one say no order.
    """
    with tables.lock:
        implied = tables.implied
        weights = np.zeros(256) if implied is None else implied.weights
        found = last_moments(tables.history, weights)
        liked = _are_liked(tables, found)
        users, user = _by_id(tables.users, found.subjects[liked])
        items, item = _by_id(tables.items, found.items[liked])
    times = found.times[liked].astype(np.float64)
    return _arranged(times, (users, user), (items, item))


def _are_liked(tables: Tables, found: Moments) -> NDArray[np.bool_]:
    rows, entries, values = tables.preferences.by_user.entries()
    width = np.int64(tables.items.capacity)
    above = values > 0.0
    liked = rows[above] * width + (entries ^ (entries >> 31))[above]
    return np.isin(found.subjects * width + found.items, liked)


def _arranged(
    values: Float64s | Float32s, users: tuple[list[str], Int64s], items: tuple[list[str], Int64s]
) -> Preferred:
    """Return values of pairs as a matrix; users, items : the ids, and where each pair's stands."""
    from scipy.sparse import csr_matrix

    shape = len(users[0]), len(items[0])
    matrix = csr_matrix((values, (users[1], items[1])), shape=shape)
    matrix.sort_indices()
    return Preferred(matrix, users[0], items[0])


def _by_id(index: IdIndex, rows: Int32s) -> tuple[list[str], Int64s]:
    """Return the ids of rows in order, and the place of each row's id in it."""
    found, place = np.unique(rows, return_inverse=True)
    ids = [index.id(row) for row in found.tolist()]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    ranks: Int64s = rank[place]
    return [ids[at] for at in order], ranks
