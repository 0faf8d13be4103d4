"""Ratings for the benchmarks: MovieLens 1M, and made-up shops of three sizes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from app.engine.tables.features import ItemColumns
from app.engine.tables.loading import Batch

MOVIELENS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ml-1m"
FILES = {"items": "items.csv.gz", "ratings": "interactions.csv.gz"}
Shape = tuple[int, int, int]
SYNTHETIC: dict[str, Shape] = {  # users, items, ratings
    "1m": (6_040, 3_706, 1_000_000),
    "10m": (1_000_000, 100_000, 10_000_000),
    "20m": (138_000, 27_000, 20_000_000),
}
# A uniform number to these powers draws a rank: of density proportional to rank^(1 / power - 1).
ACTIVITY, POPULARITY = 1.5, 3.0
LAW = (
    "made up: pairs are drawn until all are distinct; the chance of a shopper falls as rank^(-1/3),"
    "\nthat of an item as rank^(-2/3), independently; values 1 to 5 alike; shuffled"
)
_BATCH = 100_000
Rows = npt.NDArray[np.int64]


def missing() -> str | None:
    """Return why MovieLens 1M cannot be read, or None."""
    absent = [name for name in FILES.values() if not (MOVIELENS / name).exists()]
    return f"{', '.join(absent)} of MovieLens 1M: not in {MOVIELENS}" if absent else None


def movielens() -> tuple[Iterator[Batch], list[str]]:
    """Read MovieLens 1M in batches of a hundred thousand; also its user ids."""
    table = pl.read_csv(
        MOVIELENS / FILES["ratings"],
        schema_overrides={"user_id": pl.String, "item_id": pl.String},
    )
    batches = (
        (part["user_id"].to_list(), part["item_id"].to_list(), part["value"].to_numpy() * 1.0)
        for part in table.iter_slices(_BATCH)
    )
    return batches, table["user_id"].unique(maintain_order=True).to_list()


def synthetic(shape: Shape, rng: np.random.Generator) -> tuple[Iterator[Batch], list[str]]:
    """Draw ratings by `LAW`, in batches of a hundred thousand; also all user ids."""
    n_users, _, n = shape
    users, items = distinct_pairs(shape, rng)

    def batches() -> Iterator[Batch]:
        for start in range(0, n, _BATCH):
            rows = slice(start, start + _BATCH)
            ids = [f"u{u}" for u in users[rows].tolist()], [f"i{i}" for i in items[rows].tolist()]
            yield *ids, rng.integers(1, 6, len(ids[0])).astype(np.float32)

    return batches(), [f"u{user}" for user in range(n_users)]


def distinct_pairs(shape: Shape, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Draw users and items, shape (ratings,) each, no pair twice, in random order."""
    n_users, n_items, n = shape
    pairs = np.empty(0, np.int64)
    while pairs.size < n:
        size = n - pairs.size
        users = (n_users * rng.random(size) ** ACTIVITY).astype(np.int64)
        items = (n_items * rng.random(size) ** POPULARITY).astype(np.int64)
        pairs = np.concatenate([pairs, users * n_items + items])
        pairs.sort()
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    rng.shuffle(pairs)
    return pairs // n_items, pairs % n_items


def catalogue(item_ids: list[str], *, real: bool) -> list[ItemColumns]:
    """Return the items' genres in MovieLens, or made-up categories: ten, of twenty kinds each."""
    if real:
        path = MOVIELENS / FILES["items"]
        table = pl.read_csv(path, schema_overrides={"item_id": pl.String})
        genres = dict(zip(table["item_id"], table["category"].fill_null(""), strict=True))
        return [ItemColumns(category=genres.get(id_, "")) for id_ in item_ids]
    return [ItemColumns(category=f"c{at % 10}|c{at % 200}") for at in range(len(item_ids))]
