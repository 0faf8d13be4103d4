"""The live state of one data set, and a request to it without HTTP."""

import argparse
import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from app.engine.recommenders import ranking
from app.engine.recommenders.hybrid import scaled, summands
from app.engine.recommenders.item_based import ItemBased
from app.engine.recommenders.user_based import Neighbourhood, UserBased
from app.engine.tables.feature_table import Features
from app.engine.tables.features import ItemColumns, encode_many
from app.engine.tables.ids import IdIndex
from app.engine.tables.loading import Batch
from app.engine.tables.preferences import Preferences
from app.engine.tables.profile import Profile
from benchmarks.engine_data import SYNTHETIC, catalogue, movielens, synthetic

K, N, TOP = 50, 10, 5.0
W_USER, W_ITEM = 0.6, 0.4
Floats = npt.NDArray[np.float64]
Score = Callable[[str], Floats]


class Shop:
    """Live tables and the three recommenders over them."""

    def __init__(self) -> None:
        self.preferences = Preferences(IdIndex(), IdIndex(), threading.RLock())
        self.features = Features(self.preferences.items, self.preferences.lock)
        self.user_based = UserBased(self.preferences)
        self.item_based = ItemBased(self.features)

    def fill_catalogue(self, *, real: bool) -> None:
        """Encode the items that have ratings; `real` ones are those of MovieLens."""
        items = self.preferences.items
        item_ids = [items.id(row) for row in range(items.capacity)]
        self.put_encoded(item_ids, catalogue(item_ids, real=real))

    def put_encoded(self, item_ids: Sequence[str], columns: Iterable[ItemColumns]) -> None:
        """Encode items and store their vectors."""
        ends, dims, weights = encode_many(columns)
        start = 0
        for item_id, end in zip(item_ids, ends.tolist(), strict=True):
            self.features.put_encoded(item_id, dims[start:end], weights[start:end])
            start = end

    def user_scores(self, user_id: str) -> Floats:
        """Score all items by neighbours."""
        profile = self.profile(user_id)
        return self.user_based.scores(
            profile, self.user_based.neighbours(profile, Neighbourhood(k=K))
        )

    def item_scores(self, user_id: str) -> Floats:
        """Score all items by features."""
        return self.item_based.scores(self.profile(user_id))

    def hybrid_scores(self, user_id: str) -> Floats:
        """Score all items by both."""
        user, item = self.user_scores(user_id), self.item_scores(user_id)
        opinions = {"user": scaled(user, best=TOP), "item": scaled(item, best=1.0)}
        return np.add(*summands(opinions, {"user": W_USER, "item": W_ITEM}).values())

    def recommend(self, user_id: str, score: Score) -> list[str]:
        """Answer one request: the ten best of what the shopper has not rated."""
        items = self.preferences.items
        allowed = np.ones(items.capacity, np.uint8)
        allowed[self.profile(user_id).items] = 0
        rows = ranking.top_n(score(user_id), items, n=N, allowed=allowed, positive=True)
        return [items.id(row) for row in rows.tolist()]

    def profile(self, user_id: str) -> Profile:
        """Return what a shopper who has ratings prefers."""
        profile = self.preferences.profile(user_id)
        assert profile is not None, user_id
        return profile

    def known(self, user_ids: Iterable[str]) -> list[str]:
        """Return those shoppers who have ratings."""
        return [id_ for id_ in user_ids if self.preferences.users.row(id_) is not None]

    def activity(self, user_ids: list[str]) -> npt.NDArray[np.int64]:
        """Return how many ratings each shopper has, shape (len(user_ids),)."""
        row, by_user = self.preferences.users.row, self.preferences.by_user
        return np.array([by_user.length(row(user_id) or 0) for user_id in user_ids])

    def postings(self, user_ids: list[str]) -> npt.NDArray[np.int64]:
        """Return how many ratings of others a user-based request of each reads.

        Those are all ratings of all items of the shopper; shape (len(user_ids),).
        """
        popularity = self.popularity()
        return np.array([popularity[self.profile(user_id).items].sum() for user_id in user_ids])

    def popularity(self) -> npt.NDArray[np.int64]:
        """Return how many ratings each item has, shape (item rows,)."""
        by_item = self.preferences.by_item
        return np.asarray(by_item.lengths(self.preferences.items.capacity), np.int64)


def ratings_of(name: str | None, seed: int) -> tuple[Iterable[Batch], list[str]]:
    """Return batches and user ids of the made-up shop `name`, or of MovieLens."""
    if name is None:
        return movielens()
    return synthetic(SYNTHETIC[name], np.random.default_rng(seed))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the command line choose the data."""
    parser.add_argument("--synthetic", choices=SYNTHETIC, help="made-up ratings of this size")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
