"""Questions to a recommender, how an answer is judged, and how far chance reaches.

It knows nothing of the service, so that peers read it in an environment of their own.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

N_RANKED = 100
"""Lists are this long: a place behind counts as none."""
AT = (10, 20)
MODES = ("new", "all")
"""new: what the user took before is left out and never wanted; all: it may come again."""
_DRAWS, _SEED = 2000, 1
_SCORES = 4_000_000  # at a time: some tens of megabytes
_NEARLY_NOTHING = 1e-9
Rows = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """What was known up to a moment, whom to recommend to, and what they took then.

    users, items, kinds : shape (n,), rows and a code for what was done; values, times : shape (n,),
    a rating or 1, and days, not a number where unknown; orders : shape (n,), a number a basket.
    asked : shape (m,); moments : shape (m,), days, when each is asked.
    new_ends, all_ends : shape (m,), where each one's items end in `new_items` and `all_items`.
    seen_kinds : the codes that make an item seen.
    """

    n_users: int
    n_items: int
    users: Rows
    items: Rows
    kinds: Rows
    values: Floats
    times: Floats
    orders: Rows
    asked: Rows
    moments: Floats
    new_ends: Rows
    new_items: Rows
    all_ends: Rows
    all_items: Rows
    seen_kinds: Rows
    user_ids: npt.NDArray[np.str_] = field(default_factory=lambda: np.empty(0, str))
    item_ids: npt.NDArray[np.str_] = field(default_factory=lambda: np.empty(0, str))

    def wanted(self, mode: str) -> list[Rows]:
        """Return the items that each of the asked took; none: the user does not count."""
        ends, items = (getattr(self, f"{mode}_{part}") for part in ("ends", "items"))
        return np.split(items, ends[:-1])

    def seen(self) -> csr_matrix:
        """Return what each user took before, shape (n_users, n_items)."""
        took = np.isin(self.kinds, self.seen_kinds)
        return self._matrix(np.ones(took.sum(), np.float32), took)

    def matrix(self, values: str = "ones", weights: tuple[float, ...] = ()) -> csr_matrix:
        """Return what each user did with each item, shape (n_users, n_items), float32.

        values : "ones"; "log", of one more than how often; "rating"; or "faded60", the sum over
        events of which one counts half after so many days, to the square root.
        weights : of an event by the code of its kind; all alike if empty.
        """
        worth = np.asarray(weights)[self.kinds] if weights else np.ones(self.users.size)
        if values == "rating":
            return self._matrix(self.values.astype(np.float32))
        if values.startswith("faded"):
            ages = np.nanmax(self.times, initial=0.0) - self.times
            worth = worth * 0.5 ** (np.nan_to_num(ages) / float(values.removeprefix("faded")))
        found = self._matrix(worth.astype(np.float32))
        found.eliminate_zeros()
        if values == "ones" and not weights:
            found.data[:] = 1.0
        elif values == "log":
            found.data = np.log1p(found.data)
        elif values.startswith("faded"):
            found.data = np.sqrt(found.data)
        return found

    def popularity(self) -> Floats:
        """Return how many users took each item, shape (n_items,)."""
        return np.bincount(self.seen().indices, minlength=self.n_items).astype(np.float64)

    def _matrix(self, data: npt.NDArray[np.float32], rows: Any = slice(None)) -> csr_matrix:
        places = self.users[rows], self.items[rows]
        found = csr_matrix((data, places), shape=(self.n_users, self.n_items))
        found.sum_duplicates()
        return found


def save(path: Path, question: Question) -> None:
    """Write a question."""
    np.savez(path, **vars(question))


def load(path: Path) -> Question:
    """Read what `save` wrote."""
    with np.load(path) as arrays:
        read = {one.name: arrays[one.name] for one in fields(Question) if one.name in arrays}
    return Question(**{name: one if one.ndim else one.item() for name, one in read.items()})


class Lists:
    """The best items of each of the asked, filled in from scores a few users at a time."""

    def __init__(self, question: Question, modes: tuple[str, ...]) -> None:
        self._question = question
        self._seen = question.seen()
        popular = question.popularity()
        self._popular = popular / max(1.0, popular.max())
        shape = (question.asked.size, N_RANKED)
        self.ranked = {mode: np.full(shape, -1, np.int32) for mode in modes}

    def batches(self) -> list[npt.NDArray[np.int64]]:
        """Return places in `asked`, some at a time."""
        places = np.arange(self._question.asked.size)
        size = max(1, _SCORES // self._question.n_items)
        return np.split(places, np.arange(size, places.size, size))

    def put(self, places: npt.NDArray[np.int64], scores: npt.NDArray[Any]) -> None:
        """Rank by scores, shape (places, n_items); equal and unknown ones by popularity."""
        full = np.asarray(scores, np.float64)
        least = np.min(full, axis=1, where=np.isfinite(full), initial=0.0)[:, None] - 1.0
        full = np.where(np.isfinite(full), full, least)
        span = np.ptp(full, axis=1)[:, None] + _NEARLY_NOTHING
        full = full + _NEARLY_NOTHING * span * self._popular
        for mode in sorted(self.ranked):  # new items last: it crosses the others out
            if mode == "new":
                seen = self._seen[self._question.asked[places]]
                full[
                    np.repeat(np.arange(places.size), np.diff(seen.indptr)), seen.indices
                ] = -np.inf
            self.ranked[mode][places] = _best(full)


def _best(scores: Floats) -> Rows:
    n = min(N_RANKED, scores.shape[1])
    rows = np.argpartition(-scores, n - 1, axis=1)[:, :n]
    found = np.take_along_axis(scores, rows, axis=1)
    order = np.lexsort((rows, -found), axis=1)
    rows = np.take_along_axis(rows, order, axis=1)
    return np.where(np.isfinite(np.take_along_axis(scores, rows, axis=1)), rows, -1)


def judge(ranked: Rows, wanted: list[Rows]) -> dict[str, Floats]:
    """Return recall, NDCG and hit at some n, and MRR, shape (m,); NaN for who wanted nothing."""
    sizes = np.array([items.size for items in wanted], np.float64)
    hits = np.array([np.isin(row, items) for row, items in zip(ranked, wanted, strict=True)])
    gains = 1.0 / np.log2(np.arange(N_RANKED) + 2.0)
    ideal = np.append(0.0, np.cumsum(gains))
    some = np.where(sizes > 0, 1.0, np.nan)
    found: dict[str, Floats] = {}
    for n in AT:
        top = hits[:, :n]
        found[f"recall@{n}"] = some * top.sum(axis=1) / np.maximum(sizes, 1.0)
        most = ideal[np.minimum(sizes, n).astype(int)]
        found[f"ndcg@{n}"] = some * (top * gains[:n]).sum(axis=1) / np.maximum(most, 1.0)
        found[f"hit@{n}"] = some * top.any(axis=1)
    first = np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1.0), 0.0)
    return found | {"mrr@100": some * first}


def interval(per_user: Floats) -> tuple[float, float, float]:
    """Return the mean over users that count, and the ends of its 95 % bootstrap interval."""
    known = per_user[np.isfinite(per_user)]
    rng = np.random.default_rng(_SEED)
    means = [known[rng.integers(0, known.size, known.size)].mean() for _ in range(_DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


def paired(ours: Floats, theirs: Floats) -> tuple[float, float, float, float]:
    """Return the mean difference by user, its 95 % interval, and the p-value of no difference.

    The test flips the signs of users' differences at random, two-sided.
    """
    both = ours - theirs
    mean, low, high = interval(both)
    known = both[np.isfinite(both)]
    rng = np.random.default_rng(_SEED)
    flips = [(known * rng.choice((-1.0, 1.0), known.size)).mean() for _ in range(_DRAWS)]
    as_far = np.sum(np.abs(flips) >= abs(mean) - 1e-15)
    return mean, low, high, float((as_far + 1) / (_DRAWS + 1))
