"""What filters add to a list: in stock, of a category, in a range of prices.

    python -m benchmarks.filters [--items 100000] [--ratings 1000000] [--rounds 400]

Lists are filled as for `/recommend` and `/popular`, without HTTP, over a made-up catalogue and
ratings of the law of `engine_data`. Each round asks for one shopper three times, in changing order:
without filters, with those that everybody uses, and with ones that nobody used before (another
range of prices, in one of ten categories). What passes filters is kept for those who ask the same;
the last kind shows what finding it costs.
"""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.domain.catalogue import Encoding, Item
from app.domain.changes import Change, Collection
from app.domain.filters import NO_FILTERS, Filters
from app.domain.recommendations import Page, Query
from app.engine.tables.features import ItemColumns, encode_many
from app.engine.warmup import compile_kernels
from app.live.encoding import ENCODER_VERSION
from app.usecases import Runtime
from benchmarks.engine_data import synthetic
from config import Settings

GOAL = 1.30
KINDS = ("none", "the same", "fresh")
SHELVES = ("for_you", "popular")
COMMON = Filters(in_stock=True, any_category=("c3",), price_from=10.0, price_to=40.0)
_NOBODY = "mongodb://127.0.0.1:1"  # never asked
_CREATED = datetime(2024, 1, 1, tzinfo=UTC)
_AT_ONCE = 5_000
Random = np.random.Generator


def main() -> None:
    """Fill a shop and measure its shelves."""
    args = _parsed()
    compile_kernels()
    rng = np.random.default_rng(args.seed)
    with TemporaryDirectory() as folder:
        settings = Settings(environment="development", data_dir=Path(folder))
        repositories = Repositories(_NOBODY, "unused")
        runtime = build_runtime(settings, repositories)
        users = fill(runtime, args, rng)
        tell(runtime, users, args.rounds, rng)
        repositories.store.close()


def fill(runtime: Runtime, args: argparse.Namespace, rng: Random) -> list[str]:
    """Put items and ratings into memory; return the ids of the shoppers."""
    catalogue = next(each for each in runtime.projections if each.name == "catalogue")
    for start in range(0, args.items, _AT_ONCE):
        for item in made_up(range(start, min(start + _AT_ONCE, args.items)), rng):
            catalogue.apply(Change(Collection.ITEMS, item.item_id, item))
    batches, users = synthetic((args.ratings // 20, args.items, args.ratings), rng)
    runtime.tables.preferences.load(batches)
    return users


def made_up(numbers: range, rng: Random) -> list[Item]:
    """Return items: ten categories of twenty kinds each, 2,000 brands, four in five in stock."""
    words = (5_000 * rng.random((len(numbers), 5)) ** 2).astype(int).tolist()
    brands = rng.integers(0, 2_000, len(numbers)).tolist()
    prices = np.exp(rng.normal(3.0, 1.0, len(numbers))).round(2).tolist()
    stock = (rng.random(len(numbers)) < 0.8).tolist()
    columns = [
        ItemColumns(
            category=f"c{number % 10}|c{number % 200}",
            brand=f"b{brands[at]}",
            price=prices[at],
            tags=(f"t{words[at][0] % 50}",),
            title=" ".join(f"w{word}" for word in words[at]),
        )
        for at, number in enumerate(numbers)
    ]
    ends, dims, weights = encode_many(columns)
    starts = [0, *ends[:-1].tolist()]
    return [
        Item(
            f"i{number}",
            title=said.title,
            category=said.category,
            brand=said.brand,
            price=said.price,
            tags=said.tags,
            in_stock=stock[at],
            attributes={"size": "SML"[number % 3], "organic": number % 4 == 0},
            created_at=_CREATED,
            encoding=Encoding(
                ENCODER_VERSION,
                dims[starts[at] : ends[at]].tobytes(),
                weights[starts[at] : ends[at]].tobytes(),
            ),
        )
        for at, (number, said) in enumerate(zip(numbers, columns, strict=True))
    ]


def tell(runtime: Runtime, users: list[str], rounds: int, rng: Random) -> None:
    """Measure every shelf, and print a line each."""
    passing = len(passed(runtime))
    shown = runtime.use_cases.recommendations.shown_items
    print(f"{shown:,} items, of which {passing:,} pass the filters that everybody uses; top 10")
    print(f"median in ms of {rounds} rounds; ratio of medians to those without filters\n")
    print(
        f"{'shelf':<10}" + "".join(f"{kind:>11}" for kind in KINDS) + "   the same   fresh   goal"
    )
    for shelf in SHELVES:
        times = timed(runtime, shelf, users, rounds, rng)
        medians = np.median(times, axis=0)
        same, fresh = (medians[1:] / medians[0]).tolist()
        figures = "".join(f"{median * 1e3:11.3f}" for median in medians.tolist())
        verdicts = " / ".join("met" if ratio <= GOAL else "missed" for ratio in (same, fresh))
        print(f"{shelf:<10}{figures}   {same:8.2f}   {fresh:5.2f}   {GOAL:.2f} {verdicts}")


def passed(runtime: Runtime) -> list[str]:
    """Return the ids of all items that pass the common filters, to look at them once."""
    query = Query(n=runtime.use_cases.recommendations.shown_items, filters=COMMON)
    page = runtime.use_cases.recommendations.shelf("popular", query)
    for place in page.items:
        product = place.product
        assert product.in_stock
        assert str(product.category).startswith("c3|")
        assert 10.0 <= (product.price or 0.0) <= 40.0
    return [place.product.item_id for place in page.items]


def timed(
    runtime: Runtime, shelf: str, users: list[str], rounds: int, rng: Random
) -> npt.NDArray[np.float64]:
    """Return the seconds of each request, shape (rounds, kinds)."""
    times = np.empty((rounds, len(KINDS)))
    for number, user in enumerate(rng.choice(users, rounds).tolist()):
        for kind in rng.permutation(len(KINDS)).tolist():
            filters = (NO_FILTERS, COMMON, fresh(rng))[kind]
            start = time.perf_counter()
            page: Page = runtime.use_cases.recommendations.shelf(
                shelf, Query(user, filters=filters)
            )
            times[number, kind] = time.perf_counter() - start
            assert len(page.items) == 10
    return times


def fresh(rng: Random) -> Filters:
    """Return filters like the common ones, with other prices each time."""
    low = 10.0 + float(rng.random())
    category = f"c{rng.integers(10)}"
    return Filters(in_stock=True, any_category=(category,), price_from=low, price_to=low + 30.0)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--ratings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=400, help="of each shelf")
    parser.add_argument("--seed", type=int, default=1, help="of all draws")
    return parser.parse_args()


if __name__ == "__main__":
    main()
