"""Ratings written past the service, as an import or another worker writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from pymongo import InsertOne, ReplaceOne
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from benchmarks.engine_data import SYNTHETIC

_AT_ONCE = 5_000
_FIRST = datetime(2026, 1, 2, tzinfo=UTC)
Pair = tuple[str, str]


class Writes:
    """Half new pairs, half replaced ones, mixed; no pair twice."""

    def __init__(self, database: Database[dict[str, Any]], *, seed: int) -> None:
        # nobody waits for a majority here: only what follows is measured
        self._ratings = database["ratings"].with_options(write_concern=WriteConcern(w=1))
        self._rng = np.random.default_rng(seed)
        self._seed = seed
        # each round has a time of its own: a replacement by the same document makes no event
        self._rated_at = _FIRST + timedelta(days=seed)

    def make(self, count: int) -> dict[Pair, float]:
        """Write and return what was written."""
        known = [
            (row["_id"]["user_id"], row["_id"]["item_id"])
            for row in self._ratings.aggregate(
                [{"$sample": {"size": count // 2}}, {"$project": {"_id": 1}}], allowDiskUse=True
            )
        ]
        known = list(dict.fromkeys(known))  # $sample may give one twice
        pairs = known + self._new(count - len(known))
        order = self._rng.permutation(count).tolist()
        ratings = (1.0 + self._rng.integers(0, 5, count)).tolist()
        operations = [
            self._operation(pairs[at], ratings[at], known=at < len(known)) for at in order
        ]
        for start in range(0, count, _AT_ONCE):
            self._ratings.bulk_write(operations[start : start + _AT_ONCE], ordered=False)
        return dict(zip(pairs, ratings, strict=True))

    def _new(self, count: int) -> list[Pair]:
        """Return pairs that nobody has: every shopper rates an item that is new in this round."""
        n_users = SYNTHETIC["1m"][0]
        return [(f"u{at % n_users}", f"new{self._seed}-{at // n_users}") for at in range(count)]

    def _operation(
        self, pair: Pair, rating: float, *, known: bool
    ) -> InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]:
        key = {"user_id": pair[0], "item_id": pair[1]}
        document = {"_id": key, "rating": rating, "rated_at": self._rated_at}
        return ReplaceOne({"_id": key}, document) if known else InsertOne(document)
