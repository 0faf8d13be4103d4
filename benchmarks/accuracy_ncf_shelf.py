"""A leave-one-out split asked through the shelf that serves, over a shop in memory."""

from collections.abc import Mapping

import numpy as np

from app.bootstrap.offline import OfflineShop
from app.bootstrap.offline_learning import fitting
from app.domain.catalogue import Item
from app.domain.settings import ShopSettings
from app.engine.event_record import EVENT, Vocabulary
from app.engine.jit import Float64s
from app.services.evaluation.interactions import Interactions
from benchmarks.accuracy_ncf_data import LeaveOneOut

_STARS = ("stars1", "stars2", "stars3", "stars4", "stars5")
"""A rating whose time is known comes as an event, since ratings have no time in memory."""
_WEIGHTS = dict(zip(_STARS, (1.0, 2.0, 3.0, 4.0, 5.0), strict=True))


class ShelfScores:
    """A shop that knows the split's pairs, with models fitted to what stands in its memory."""

    def __init__(self, split: LeaveOneOut, models: Mapping[str, Mapping[str, float]]) -> None:
        """Fill the shop and fit. models : kinds, and the parameters of each."""
        self._split = split
        self._items = [f"{row:06}" for row in range(split.n_items)]
        last = float(np.nanmax(split.times))
        self._moments = np.full(split.n_users, np.nan)
        np.fmax.at(self._moments, split.users, split.times)
        self._moments[np.isnan(self._moments)] = last
        self._shop = OfflineShop(
            _interactions(split, self._items),
            [Item(item) for item in self._items],
            ShopSettings(weights=_WEIGHTS),
            now=last,
            learn=[fitting(models)],
        )

    def of_candidates(self, **settings: float) -> Float64s:
        """Return how the shelf scores each user's candidates, shape (n_users, 100).

        Everybody is asked about at their last rating; those whose times are unknown at the last of
        all. settings : beside the usual ones.
        """
        self._shop.set(ShopSettings(weights=_WEIGHTS, **settings))
        found = np.empty(self._split.candidates.shape)
        for user, candidates in enumerate(self._split.candidates):
            items = [self._items[row] for row in candidates.tolist()]
            moment = float(self._moments[user])
            found[user] = self._shop.score(_user(user), items, at=moment)
        return found


def _interactions(split: LeaveOneOut, items: list[str]) -> Interactions:
    words = Vocabulary()
    codes = np.array([words.kinds.code(kind) for kind in _STARS], np.uint8)
    is_event = ~np.isnan(split.times)
    rows = np.zeros(split.users.size, EVENT)
    rows["subject"], rows["item"] = split.users, split.items
    rows["kind"] = np.where(is_event, codes[split.values.astype(int) - 1], 0)
    rows["at"] = np.nan_to_num(split.times) * 1000
    rows["quantity"], rows["price"] = 1, np.nan
    rows["hash"] = np.arange(split.users.size) + 1
    order = np.lexsort((rows["item"], rows["subject"], rows["at"]))
    ratings = np.where(is_event, np.nan, split.values)
    users = tuple(_user(row) for row in range(split.n_users))
    return Interactions(users, tuple(items), words, rows[order], ratings[order])


def _user(row: int) -> str:
    return f"user {row:06}"
