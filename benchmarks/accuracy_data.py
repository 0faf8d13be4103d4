"""Real data as questions: what was known up to a moment, and what users took then."""

from pathlib import Path

import numpy as np
import polars as pl

from app.data.demo import source
from app.data.demo.items import items_of
from app.domain.catalogue import Item
from app.domain.errors import Misconfigured
from benchmarks.accuracy_common import Question

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_DAY = 86_400.0
_IDS = {"user_id": pl.String, "item_id": pl.String}
Ids = tuple[list[str], list[str]]
"""Users' and items' ids, in the order of their rows."""


def read(name: str) -> pl.DataFrame:
    """Return user_id, item_id, event, value, day (null: unknown) and `order`, of the file."""
    path = DATA / name / "interactions.csv.gz"
    if not path.exists():
        raise Misconfigured(f"{path} is not there")
    table = pl.read_csv(
        path, schema_overrides=_IDS | {"timestamp": pl.Float64, "invoice": pl.String}
    )
    basket = pl.col("invoice") if "invoice" in table.columns else pl.lit("")
    return table.select(
        "user_id",
        "item_id",
        "event",
        pl.col("value").cast(pl.Float64),
        day=pl.col("timestamp") / _DAY,
        order=basket.cast(pl.String),
    )


def catalogue(name: str) -> list[Item]:
    """Return the items as their file describes them."""
    table = pl.read_csv(DATA / name / "items.csv.gz", schema_overrides=_IDS | {"price": pl.Float64})
    rows = table.select("item_id", "title", "category", "price").iter_rows(named=True)
    return [Item(**row) for row in rows]


def read_gifts() -> pl.DataFrame:
    """Return the purchases of things for sale of the gift shop."""
    table = read("online-retail")
    items = pl.read_csv(DATA / "online-retail" / "items.csv.gz", schema_overrides=_IDS)
    sold = items.filter(pl.col("is_product") == 1).select("item_id")
    return table.filter(pl.col("event") == "purchase").join(sold, on="item_id", how="semi")


def read_grocer() -> pl.DataFrame:
    """Return the grocer's purchase lines of a year, of what the demo shop sells."""
    folder = source.data_folder()
    lines = source.purchases(folder, source.products_for_sale(folder), weeks=None)
    return lines.select(
        user_id=pl.col("household_id").cast(pl.String),
        item_id=pl.col("product_id").cast(pl.String),
        event=pl.lit("purchase"),
        value=pl.lit(1.0),
        day=pl.col("at").dt.epoch("s") / _DAY,
        order=pl.col("basket_id").cast(pl.String),
    )


def grocer_catalogue() -> list[Item]:
    """Return the items of the demo shop."""
    folder = source.data_folder()
    products = source.products_for_sale(folder)
    lines = source.purchases(folder, products, weeks=None)
    return list(items_of(products, source.prices_of(lines)))


def ids_of(table: pl.DataFrame) -> Ids:
    """Return the ids, sorted."""
    users, items = (table[name].unique().sort().to_list() for name in ("user_id", "item_id"))
    return users, items


def ask(
    known: pl.DataFrame,
    taken: pl.DataFrame,
    ids: Ids,
    *,
    kinds: tuple[str, ...],
    seen: tuple[str, ...] | None = None,
    moment: float | None = None,
) -> Question:
    """Return the question that asks for what is `taken`, of users of whom something is known.

    seen : kinds of events that make an item seen; None: all. moment : the day of asking; None:
    each user's last event.
    """
    users, items = ids
    rows = _rows(known, ids, kinds)
    took = _rows(taken, ids, kinds)
    made = rows.filter(pl.col("kind").is_in([kinds.index(kind) for kind in seen or kinds]))
    wanted = took.join(rows.select("user").unique(), on="user", how="semi")
    wanted = wanted.select("user", "item").unique()
    fresh = wanted.join(made.select("user", "item").unique(), on=["user", "item"], how="anti")
    asked = wanted["user"].unique().sort()
    last = rows.group_by("user").agg(pl.col("day").max())
    days = pl.DataFrame({"user": asked}).join(last, on="user", how="left").sort("user")["day"]
    return Question(
        n_users=len(users),
        n_items=len(items),
        users=rows["user"].to_numpy(),
        items=rows["item"].to_numpy(),
        kinds=rows["kind"].to_numpy(),
        values=rows["value"].to_numpy(),
        times=rows["day"].fill_null(np.nan).to_numpy(),
        orders=rows["order"].rank("dense").cast(pl.Int32).to_numpy(),
        asked=asked.to_numpy(),
        moments=np.full(asked.len(), moment) if moment else days.fill_null(np.nan).to_numpy(),
        seen_kinds=np.array([kinds.index(kind) for kind in seen or kinds], np.int32),
        user_ids=np.array(users),
        item_ids=np.array(items),
        **_ends("new", fresh, asked),
        **_ends("all", wanted, asked),
    )


def _rows(table: pl.DataFrame, ids: Ids, kinds: tuple[str, ...]) -> pl.DataFrame:
    codes = (("user", "user_id", ids[0]), ("item", "item_id", ids[1]), ("kind", "event", kinds))
    return table.select(
        *(
            pl.col(column)
            .replace_strict(list(known), list(range(len(known))), return_dtype=pl.Int32)
            .alias(name)
            for name, column, known in codes
        ),
        "value",
        "day",
        "order",
    )


def _ends(mode: str, wanted: pl.DataFrame, asked: pl.Series) -> dict[str, np.ndarray]:
    lists = pl.DataFrame({"user": asked}).join(wanted, on="user", how="left").sort("user", "item")
    some = lists.filter(pl.col("item").is_not_null())
    counts = lists.group_by("user", maintain_order=True).agg(pl.col("item").count())["item"]
    return {
        f"{mode}_ends": counts.cum_sum().cast(pl.Int32).to_numpy(),
        f"{mode}_items": some["item"].to_numpy(),
    }


def sampled(question: Question, n: int) -> Question:
    """Return the question to some of the asked, evenly spaced; 0: to all."""
    if not n or n >= question.asked.size:
        return question
    kept = np.linspace(0, question.asked.size - 1, n).astype(int)
    changed: dict[str, np.ndarray] = {
        "asked": question.asked[kept],
        "moments": question.moments[kept],
    }
    for mode in ("new", "all"):
        lists = [question.wanted(mode)[at] for at in kept.tolist()]
        changed[f"{mode}_items"] = np.concatenate(lists).astype(np.int32)
        changed[f"{mode}_ends"] = np.cumsum([items.size for items in lists]).astype(np.int32)
    return Question(**(vars(question) | changed))
