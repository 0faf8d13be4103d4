"""Ratings for the benchmarks of the engine."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from app.engine.features import ItemColumns
from app.engine.loading import Batch

MOVIELENS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ml-1m"
Shape = tuple[int, int, int]
SYNTHETIC: dict[str, Shape] = {  # users, items, ratings
    "1m": (6_040, 3_706, 1_000_000),
    "10m": (1_000_000, 100_000, 10_000_000),
}


def movielens() -> tuple[Iterator[Batch], list[str]]:
    """Read MovieLens 1M in batches of a hundred thousand; also its user ids."""
    table = pl.read_csv(
        MOVIELENS / "interactions.csv.gz",
        schema_overrides={"user_id": pl.String, "item_id": pl.String},
    )
    batches = (
        (part["user_id"].to_list(), part["item_id"].to_list(), part["value"].to_numpy() * 1.0)
        for part in table.iter_slices(100_000)
    )
    return batches, table["user_id"].unique(maintain_order=True).to_list()


def synthetic(shape: Shape, rng: np.random.Generator) -> tuple[Iterator[Batch], list[str]]:
    """Draw ratings with power-law activity and popularity."""
    n_users, n_items, n = shape

    def batches() -> Iterator[Batch]:
        for start in range(0, n, 100_000):
            size = min(100_000, n - start)
            users = (n_users * rng.random(size) ** 1.5).astype(int)
            items = (n_items * rng.random(size) ** 3).astype(int)
            ids = [f"u{user}" for user in users.tolist()], [f"i{item}" for item in items.tolist()]
            yield *ids, rng.integers(1, 6, size).astype(np.float32)

    return batches(), [f"u{user}" for user in range(n_users)]


def catalogue(item_ids: list[str], *, real: bool) -> list[ItemColumns]:
    """Return the items' genres in MovieLens, or made-up categories: ten, of twenty kinds each."""
    if real:
        path = MOVIELENS / "items.csv.gz"
        table = pl.read_csv(path, schema_overrides={"item_id": pl.String})
        genres = dict(zip(table["item_id"], table["category"].fill_null(""), strict=True))
        return [ItemColumns(category=genres.get(id_, "")) for id_ in item_ids]
    return [ItemColumns(category=f"c{at % 10}|c{at % 200}") for at in range(len(item_ids))]
