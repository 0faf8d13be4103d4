"""A leave-one-out split asked through the shelf that serves, over a shop in memory."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.bootstrap.offline import OfflineShop, fitting
from app.domain.catalogue import Item
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s
from app.offline.evaluation.interactions import Interactions
from benchmarks.accuracy_movies import KINDS
from benchmarks.accuracy_ncf_data import LeaveOneOut
from benchmarks.accuracy_ours import interactions

_WEIGHTS = {kind: float(stars) for stars, kind in enumerate(KINDS) if stars}


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
            _known(split, self._items),
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


def _known(split: LeaveOneOut, items: Sequence[str]) -> Interactions:
    """Return the known pairs; where the time is known as an event, one kind a star."""
    users = [_user(row) for row in range(split.n_users)]
    return interactions(
        (users, items, KINDS),
        users=split.users,
        items=split.items,
        kinds=np.where(np.isnan(split.times), 0, split.values.astype(int)),
        values=split.values,
        ms=split.times * 1000,
    )


def _user(row: int) -> str:
    return f"user {row:06}"
