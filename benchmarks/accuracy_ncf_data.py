"""The published leave-one-out files of MovieLens 1M, and a split of the same kind for choices."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from app.engine.jit import Float64s, Int32s, Int64s

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "ml-1m"
FILES = (
    "interactions.csv.gz",
    "ncf_leave_one_out_test.csv.gz",
    "ncf_leave_one_out_negatives.csv.gz",
)
_NEGATIVES = 99
_SEED = 5


@dataclass(frozen=True)
class LeaveOneOut:
    """What is known, and for each user one held-out item among 99 others."""

    users: Int64s
    items: Int64s
    """Rows, shape (n,) both, one for each known pair."""
    values: Float64s
    times: Float64s
    """Seconds; not a number where unknown."""
    candidates: Int32s
    """Shape (n_users, 100), the held-out item first."""
    n_items: int

    @property
    def n_users(self) -> int:
        """Every user has a row of candidates."""
        return len(self.candidates)

    def ratings(self) -> csr_matrix:
        """Return the values, shape (n_users, n_items)."""
        return self._matrix(self.values)

    def moments(self) -> csr_matrix:
        """Return the times, shape (n_users, n_items); unknown ones are absent."""
        moments = self._matrix(np.nan_to_num(self.times))
        moments.eliminate_zeros()
        return moments

    def _matrix(self, data: Float64s) -> csr_matrix:
        shape = (self.n_users, self.n_items)
        return csr_matrix((data, (self.users, self.items)), shape=shape)


def published() -> LeaveOneOut:
    """Read the split of He and others (2017)."""
    ratings, held, negatives = (pl.read_csv(FOLDER / name) for name in FILES)
    ids = np.sort(ratings["item_id"].unique().to_numpy())
    held_rows = np.searchsorted(ids, held["item_id"].to_numpy())
    lists = np.array([line.split() for line in negatives["negatives"]], np.int64)
    candidates = np.column_stack([held_rows, np.searchsorted(ids, lists)])
    assert held["user_id"].to_list() == negatives["user_id"].to_list()
    assert held["user_id"].to_list() == list(range(1, len(held) + 1))
    known = ratings.join(held.select("user_id", "item_id"), on=["user_id", "item_id"], how="anti")
    return LeaveOneOut(
        users=known["user_id"].to_numpy().astype(np.int64) - 1,
        items=np.searchsorted(ids, known["item_id"].to_numpy()),
        values=known["value"].to_numpy().astype(np.float64),
        times=known["timestamp"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        candidates=candidates.astype(np.int32),
        n_items=ids.size,
    )


def for_choices(split: LeaveOneOut) -> LeaveOneOut:
    """Hold out one more item of each user: the last known one, or any where times are unknown.

    What was held out before is not looked at; the 99 others are drawn from what is not known to be
    rated.
    """
    random = np.random.default_rng(_SEED)
    order = np.lexsort((random.random(split.users.size), np.nan_to_num(split.times), split.users))
    ends = np.cumsum(np.bincount(split.users, minlength=split.n_users))
    last = order[ends - 1]
    rated = csr_matrix((np.ones(split.users.size), (split.users, split.items)))
    candidates = np.empty((split.n_users, 1 + _NEGATIVES), np.int32)
    candidates[:, 0] = split.items[last]
    for user in range(split.n_users):
        unrated = np.setdiff1d(np.arange(split.n_items), rated[user].indices)
        candidates[user, 1:] = random.choice(unrated, _NEGATIVES, replace=False)
    kept = np.ones(split.users.size, bool)
    kept[last] = False
    columns = split.users[kept], split.items[kept], split.values[kept], split.times[kept]
    return LeaveOneOut(*columns, candidates, split.n_items)
