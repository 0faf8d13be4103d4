"""Whether features find those who will buy items that nobody has bought yet.

    python -m benchmarks.accuracy_cold_items [--asked 1000] [--folds 3]

A fifth of the items that were sold in four weeks is taken out of all that came before, as if they
were new. Each shopper who bought one of them then, and something else before, gets all of them
ranked by what is known of the others: by their features alone, weighed by 1 + log of how often each
was bought. The encoded columns, the embedded text, and both together, with the weight of the text
that was best in the four weeks before. `popular` knows how many had bought each, which no shop
knows of a new item. Each fold has another fifth; a shopper counts with the mean of the folds. In
brackets: 95 % bootstrap intervals over shoppers. A gift shop (UCI Online Retail: titles, prices)
and the grocer of the demo shop (departments, brands, sizes). Needs requirements-text.txt.
"""

import argparse
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.data.demo import source
from app.data.demo.items import items_of
from app.data.embedding import TextModel, load_text_model, text_of
from app.domain.catalogue import Item
from app.domain.errors import Misconfigured
from app.engine.recommenders.item_based import ItemBased
from app.engine.tables.feature_table import Features
from app.engine.tables.ids import IdIndex
from app.engine.tables.profile import Profile
from app.live.encoding import decoded, encode_item
from benchmarks.accuracy_common import Floats, interval, judge
from benchmarks.accuracy_data import DATA, read_gifts, read_grocer

WEEKS = 28.0  # days in which what was bought is asked for
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the text, that of the columns being 1
SHOWN = ("hit@20", "ndcg@20")


@dataclass(frozen=True)
class Cold:
    """Items without a history, and who bought some of them.

    rows : of the cold items; known : shape (cold items,), how many had bought each in fact.
    profiles, wanted : one a shopper; wanted holds places in `rows`.
    """

    rows: np.ndarray
    known: Floats
    users: list[str]
    profiles: list[Profile]
    wanted: list[np.ndarray]


class Shop:
    """The features of a catalogue, and a table of purchases."""

    def __init__(self, items: Sequence[Item], lines: pl.DataFrame, model: TextModel) -> None:
        self.features = Features(IdIndex(), threading.RLock())
        self.lines = lines.select("user_id", "item_id", "day")
        texts = model([text_of(item) for item in items])
        for item, text in zip(items, texts, strict=True):
            self.features.put_encoded(item.item_id, *decoded(encode_item(item)))
            if text.any():
                self.features.put_named(item.item_id, {"text": text})
        self._by_items = ItemBased(self.features)

    def cold(self, cut: float, *, fold: int, asked: int) -> Cold:
        """Return the question of one fold: its items are new at the cut."""
        day = pl.col("day")
        before = self.lines.filter(day <= cut)
        after = self.lines.filter((day > cut) & (day <= cut + WEEKS))
        sold = after["item_id"].unique().sort().to_list()
        rng = np.random.default_rng(1)
        chosen = sorted(np.array(sold)[rng.permutation(len(sold))[fold::5]].tolist())
        buyers = before.filter(pl.col("item_id").is_in(chosen)).group_by("item_id")
        counts = dict(buyers.agg(pl.col("user_id").n_unique()).iter_rows())
        place = {item: at for at, item in enumerate(chosen)}
        taken = after.filter(pl.col("item_id").is_in(chosen))
        history = before.filter(~pl.col("item_id").is_in(chosen))
        histories = dict(self._profiles(history))
        bought = taken.group_by("user_id").agg(pl.col("item_id").unique()).sort("user_id")
        asked_of = [(user, items) for user, items in bought.iter_rows() if user in histories]
        drawn = [asked_of[at] for at in rng.permutation(len(asked_of))[:asked]]
        return Cold(
            rows=np.array([self.features.items.row(item) for item in chosen]),
            known=np.array([counts.get(item, 0) for item in chosen], float),
            users=[user for user, _ in drawn],
            profiles=[histories[user] for user, _ in drawn],
            wanted=[np.array(sorted(map(place.__getitem__, took)), np.int32) for _, took in drawn],
        )

    def _profiles(self, history: pl.DataFrame) -> Iterator[tuple[str, Profile]]:
        counts = history.group_by("user_id", "item_id").len().sort("user_id", "item_id")
        for user, items, often in (
            counts.group_by("user_id").agg("item_id", "len").sort("user_id").iter_rows()
        ):
            rows = np.array([self.features.items.row(item) for item in items], np.int32)
            yield user, Profile(rows, 1.0 + np.log(np.array(often, float)))

    def by_features(self, cold: Cold, weights: dict[str, float]) -> list[Floats]:
        """Return the scores of the cold items, a shopper each, with these weights of spaces."""
        self.features.weights = lambda: weights
        return [self._by_items.scores(profile)[cold.rows] for profile in cold.profiles]


def judged(cold: Cold, scores: Sequence[Floats]) -> dict[str, Floats]:
    """Return metrics by name, a number a shopper."""
    ranked = np.array([np.argsort(-one, kind="stable")[:100] for one in scores], np.int32)
    return judge(ranked, cold.wanted)


def examine(name: str, shop: Shop, *, asked: int, folds: int) -> None:
    """Choose a weight by the four weeks before, and print what holds in the last four."""
    end = shop.lines["day"].max()
    chosen, of_weight = choose(shop, shop.cold(end - 2 * WEEKS, fold=0, asked=asked))
    tests = [shop.cold(end - WEEKS, fold=fold, asked=asked) for fold in range(folds)]
    n_cold = round(float(np.mean([cold.rows.size for cold in tests])))
    n_asked = len({user for cold in tests for user in cold.users})
    print(f"\n{name}: {len(shop.features):,} items, {n_cold:,} of them new, {n_asked:,} shoppers")
    print("NDCG@20 by weight of the text, on validation: " + of_weight)
    print(f"{'':<28}{'HR@20':<27}NDCG@20")
    rng = np.random.default_rng(1)
    ways: dict[str, Callable[[Cold], Sequence[Floats]]] = {
        "random": lambda cold: [rng.random(cold.rows.size) for _ in cold.profiles],
        "popular": lambda cold: [cold.known for _ in cold.profiles],
        "encoded columns": lambda cold: shop.by_features(cold, {"text": 0.0}),
        "embedded text": lambda cold: shop.by_features(cold, {"features": 0.0}),
        f"both, text weighs {chosen:g}": lambda cold: shop.by_features(cold, {"text": chosen}),
        "both, alike": lambda cold: shop.by_features(cold, {}),
    }
    for way, scores_of in ways.items():
        found = [judged(cold, scores_of(cold)) for cold in tests]
        cells = [cell(by_shopper(tests, [one[metric] for one in found])) for metric in SHOWN]
        print(f"{way:<28}{cells[0]:<27}{cells[1]}", flush=True)


def choose(shop: Shop, cold: Cold) -> tuple[float, str]:
    """Return the weight of the text that ranks best, and all of them with their figures."""
    ndcg = {}
    for weight in WEIGHTS:
        found = judged(cold, shop.by_features(cold, {"text": weight}))
        ndcg[weight] = float(found["ndcg@20"].mean())
    return max(ndcg, key=lambda w: ndcg[w]), ", ".join(f"{w:g}: {n:.4f}" for w, n in ndcg.items())


def by_shopper(tests: Sequence[Cold], found: Sequence[Floats]) -> Floats:
    """Return the mean of each shopper over the folds."""
    users = [user for cold in tests for user in cold.users]
    table = pl.DataFrame({"user": users, "value": np.concatenate(found)})
    return table.group_by("user").agg(pl.col("value").mean()).sort("user")["value"].to_numpy()


def cell(per_shopper: Floats) -> str:
    """Return a mean with its interval."""
    mean, low, high = interval(per_shopper)
    return f"{mean:.4f} ({low:.4f} to {high:.4f})"


def gifts(model: TextModel) -> Shop:
    """Return the gift shop."""
    lines = read_gifts()
    table = pl.read_csv(
        DATA / "online-retail" / "items.csv.gz", schema_overrides={"item_id": pl.String}
    )
    sold = table.join(lines.select("item_id").unique(), on="item_id", how="semi")
    rows = sold.select("item_id", "title", "price").iter_rows()
    return Shop([Item(id_, title=title, price=price) for id_, title, price in rows], lines, model)


def grocer(model: TextModel) -> Shop:
    """Return the grocer: what was bought by two households at least."""
    table = read_grocer()
    lines = table.filter(pl.col("user_id").n_unique().over("item_id") > 1)
    folder = source.data_folder()
    products = source.products_for_sale(folder)
    prices = source.prices_of(source.purchases(folder, products, weeks=None))
    sold = set(lines["item_id"].unique())
    return Shop([i for i in items_of(products, prices) if i.item_id in sold], lines, model)


def main() -> None:
    """Examine both shops and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--asked", type=int, default=600, help="shoppers a fold at most")
    parser.add_argument("--folds", type=int, default=3, help="fifths that are new, 5 at most")
    args = parser.parse_args()
    for name, open_shop in (("gifts", gifts), ("grocer", grocer)):
        try:
            shop = open_shop(load_text_model())
        except Misconfigured as error:
            print(f"skipped: {error.message}")
            return
        examine(name, shop, asked=args.asked, folds=args.folds)


if __name__ == "__main__":
    main()
