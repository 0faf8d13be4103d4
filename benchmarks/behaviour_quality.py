"""How well baskets and habits tell what real baskets hold: Complete Journey, a grocer's year.

    python -m benchmarks.behaviour_quality [--baskets 1500]

bought together: of baskets after the first 85 % of half a year one item is shown, or half of them
(a cart); the ten best should stand among the rest. buy again: of one basket of every household in
the last 45 days of the year, the items that it had bought before should be found, all being known
until that moment but the habits, which are learned before. Given are hits (any of the ten), recall
and NDCG at 10; of what is bought together also how much is of a category of what was shown, and the
share of all orders that holds what is shown.
"""

import argparse
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from app.data.demo.source import data_folder, products_for_sale, purchases
from app.domain.errors import Misconfigured
from app.engine.jit import Float64s, Int32s
from app.engine.recommenders.baskets import Baskets
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.event_record import EventBatch, Fact
from app.engine.tables.habits import Habit, count_habits
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex

TEN = 10
LEAST = 3
HALF_LIFE = 90 * 86_400_000.0
_LAST_DAYS = 45
_HEAD = f"{'hit':>8}{'recall':>8}{'NDCG':>8}"
_GAINS = 1 / np.log2(np.arange(TEN) + 2)
Floats = npt.NDArray[np.float64]


class Found(NamedTuple):
    """Hit, recall and NDCG of one list of ten."""

    hit: float
    recall: float
    ndcg: float


def main() -> None:
    """Measure both and print."""
    args = _parsed()
    try:
        folder = data_folder()
    except Misconfigured as error:
        print(f"skipped: {error.message}")
        return
    products = products_for_sale(folder)
    rng = np.random.default_rng(args.seed)
    together(purchases(folder, products, weeks=26), products, args.baskets, rng)
    again(purchases(folder, products, weeks=None), rng)


def history_of(lines: pl.DataFrame) -> History:
    """Return a history that holds the lines."""
    history = History(IdIndex(), IdIndex(), threading.RLock())
    history.load(_batches(lines))
    return history


def _batches(lines: pl.DataFrame) -> Iterator[EventBatch]:
    for part in lines.iter_slices(50_000):
        orders = part["basket_id"].cast(pl.String).to_list()
        items = part["product_id"].cast(pl.String).to_list()
        times = part["at"].dt.epoch("ms").to_list()
        facts = [
            Fact(f"{order} {item}", "purchase", at, order_id=order)
            for order, item, at in zip(orders, items, times, strict=True)
        ]
        yield EventBatch(part["household_id"].cast(pl.String).to_list(), items, facts)


def judged(ranked: list[int], truth: set[int]) -> Found:
    """Compare the ten best with what was really bought."""
    hits = np.array([row in truth for row in ranked[:TEN]], float)
    possible = min(TEN, len(truth))
    ideal = _GAINS[:possible].sum()
    return Found(
        float(hits.any()), hits.sum() / possible, float(hits @ _GAINS[: hits.size]) / ideal
    )


def best(scores: Floats, without: list[int]) -> list[int]:
    """Return the rows of the ten best scores above 0."""
    scores = scores.copy()
    scores[without] = 0.0
    top = np.argsort(-scores, kind="stable")[:TEN]
    return top[scores[top] > 0.0].tolist()


def together(
    lines: pl.DataFrame, products: pl.DataFrame, baskets: int, rng: np.random.Generator
) -> None:
    """Compare what `engine.baskets` shows with mere confidence, and with what is popular."""
    cut = lines["at"].quantile(0.85)
    history = history_of(lines.filter(pl.col("at") <= cut))
    categories = _categories(history, products)
    reader = Baskets(history, Tally(history.items))
    popular = history.purchases / history.orders

    def confidence(rows: list[int]) -> Floats:
        total = np.zeros(history.items.capacity)
        for row in rows:
            found = reader.beside(row, categories)
            known = found.together >= LEAST
            total[found.rows[known]] += found.together[known] / found.orders / len(rows)
        return total

    kinds: dict[str, Callable[[list[int]], Floats]] = {
        "engine.baskets": lambda rows: reader.of(rows, categories, least=LEAST).scores,
        "confidence alone": confidence,
        "popularity": lambda rows: popular,
    }
    cases = _baskets(history, lines.filter(pl.col("at") > cut), rng)[:baskets]
    print(f"{history.orders:,} orders of half a year, {len(cases):,} later baskets; top {TEN}\n")
    print(f"{'bought together with':<36}{_HEAD}{'same category':>15}{'popularity':>12}")
    for about in ("one item", "half a basket"):
        asked = [case[:1] if about == "one item" else case[: len(case) // 2] for case in cases]
        for name, score in kinds.items():
            told = []
            for shown, case in zip(asked, cases, strict=True):
                ranked = best(score(shown), shown)
                akin = np.isin(categories[ranked], categories[shown]).mean() if ranked else 0.0
                usual = popular[ranked].mean() if ranked else 0.0
                told.append((*judged(ranked, set(case) - set(shown)), akin, usual))
            *found, akin, usual = np.mean(told, axis=0).tolist()
            print(f"{f'{about}: {name}':<36}{_line(found)}{akin:15.3f}{usual:12.4f}", flush=True)


def _categories(history: History, products: pl.DataFrame) -> Int32s:
    names = ("department", "product_category", "product_type")
    code = pl.concat_str(names, separator="|", ignore_nulls=True).rank("dense")
    codes = np.zeros(history.items.capacity, np.int32)
    rows = products.select(pl.col("product_id").cast(pl.String), code.cast(pl.Int32).alias("code"))
    for item, number in rows.iter_rows():
        row = history.items.row(item)
        if row is not None:
            codes[row] = number
    return codes


def _baskets(history: History, lines: pl.DataFrame, rng: np.random.Generator) -> list[list[int]]:
    """Return the rows of the known items of each basket with at least four, shuffled."""
    items = lines.group_by("basket_id", maintain_order=True).agg(pl.col("product_id"))
    found = []
    for ids in items["product_id"].to_list():
        rows = [row for id_ in ids if (row := history.items.row(str(id_))) is not None]
        if len(rows) >= 4:
            found.append(rng.permutation(rows).tolist())
    return [found[at] for at in rng.permutation(len(found)).tolist()]


def again(lines: pl.DataFrame, rng: np.random.Generator) -> None:
    """Compare what `engine.habits` ranks with how often, and with how lately."""
    cut = lines["at"].max() - timedelta(days=_LAST_DAYS)
    before = history_of(lines.filter(pl.col("at") <= cut))
    habits = count_habits(before)
    history = history_of(lines)
    names: dict[str, Callable[[Habit], Float64s]] = {
        "engine.habits": lambda habit: habit.scores,
        "frequency alone": lambda habit: habit.times.astype(float),
        "recency alone": lambda habit: 1.0 / (1.0 + habit.age),
    }
    told: dict[str, list[Found]] = {name: [] for name in names}
    baskets = lines.filter(pl.col("at") > cut).group_by("household_id", maintain_order=True)
    for (household,), part in baskets:
        chosen = part.filter(pl.col("basket_id") == rng.choice(part["basket_id"].unique().sort()))
        now = int(chosen["at"].dt.epoch("ms").min())
        events = history.of_subject(str(household))
        habit = habits.of(events[events["at"] < now], now, half_life=HALF_LIFE)
        bought = {history.items.row(str(id_)) for id_ in chosen["product_id"].to_list()}
        truth = bought & set(habit.rows.tolist())
        if habit.rows.size >= TEN and truth:
            for name, score in names.items():
                ranked = habit.rows[np.argsort(-score(habit), kind="stable")].tolist()
                told[name].append(judged(ranked, truth))
    print(f"\n{len(told['engine.habits']):,} households; top {TEN}\n\n{'buy again':<36}{_HEAD}")
    for name, found in told.items():
        print(f"{name:<36}{_line(np.mean(found, axis=0).tolist())}", flush=True)


def _line(found: list[float]) -> str:
    return "".join(f"{value:8.3f}" for value in found)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--baskets", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


if __name__ == "__main__":
    main()
