"""What every subject prefers, as models are fitted to it."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from app.engine.ids import IdIndex
from app.engine.jit import Int32s, Int64s
from app.services.memory import Tables


@dataclass(frozen=True)
class Preferred:
    """Preferences in rating units, rows and columns in the order of ids.

    So the same preferences give the same model, whatever rows they have in memory.
    """

    matrix: csr_matrix
    """Shape (n_users, n_items), float32."""
    users: list[str]
    items: list[str]


def preferred(tables: Tables) -> Preferred:
    """Return the preferences in memory now, explicit and implied ones alike."""
    with tables.lock:
        rows, entries, values = tables.preferences.by_user.entries()
        implied, now = tables.shopper.implied, tables.clock() * 1000
        g = 1.0 if implied is None else implied.landmark.factor(now)
        users, user = _by_id(tables.users, rows)
        items, item = _by_id(tables.items, entries ^ (entries >> 31))
    ratings = np.where(entries < 0, values / g, values).astype(np.float32)
    matrix = csr_matrix((ratings, (user, item)), shape=(len(users), len(items)))
    matrix.sort_indices()
    return Preferred(matrix, users, items)


def _by_id(index: IdIndex, rows: Int32s) -> tuple[list[str], Int64s]:
    """Return the ids of rows in order, and the place of each row's id in it."""
    found, place = np.unique(rows, return_inverse=True)
    ids = [index.id(row) for row in found.tolist()]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    ranks: Int64s = rank[place]
    return [ids[at] for at in order], ranks
