"""The next film a user of MovieLens 1M rated, among all films, beside peers.

    python -m benchmarks.accuracy_movies [--tune] [--quick] [--methods WORD ...] [--keep DIR]

The last rating by time (of equal ones the last film id) of each user whose times are known, 1 to
2999, is left out; parameters of every method are chosen by the one before. Everything else is known
to every method, also the ratings of the other users, whose times are not. Ratings of others that
were made later than the one that is asked for are known too: this is leaving the last out, not a
cut in time. Lists hold no film that the user has rated.
"""

import polars as pl

from app.domain.errors import Misconfigured
from benchmarks.accuracy_common import Question
from benchmarks.accuracy_data import Ids, ask, catalogue, ids_of, read
from benchmarks.accuracy_ours import Grid, Ours, ours, weighing
from benchmarks.accuracy_run import Protocol, parsed, run
from benchmarks.accuracy_simple import simple_methods

VALUES = ("ones", "rating")
PROTOCOL = Protocol("movies", goal="ndcg@10", modes=("new",), values=VALUES)
KINDS = ("rating", "stars1", "stars2", "stars3", "stars4", "stars5")
"""A rating whose time is known is an event, of which the service sees what comes next."""
_LAST_TIMED = 2999
_STARS = weighing(stars1=3.0, stars2=4.0, stars3=5.0, stars4=6.0, stars5=7.0)
_EASE = (weighing(l2=500.0, power=0.0), weighing(l2=250.0, power=0.0))
_ALS = (
    weighing(dimensions=64, epochs=8),
    weighing(dimensions=64, epochs=8, regularisation=0.02),
)
_SESSION = (3.0, 0.0, 1.0, 10.0)
SHARED: Grid = {"session_strength": _SESSION, "half_life_days": (20.0, 90.0)}
"""What every strategy of ours may choose."""
GRIDS: dict[str, Grid] = {
    "item": {"strategy": ("item",)},
    "user": {"strategy": ("user",), "k": (50, 100, 200), "exponent": (1.0, 2.0)},
    "co_rated": {"strategy": ("co_rated",), "co_exponent": (3.0, 1.0), "co_novelty": (0.5, 0.4)},
    "ease": {"strategy": ("ease",), "ease": _EASE},
    "als": {"strategy": ("als",), "als": _ALS},
    "hybrid": {
        "strategy": ("hybrid",),
        "parts": (weighing(ease=1.0, co_rated=0.3), weighing(ease=1.0, co_rated=1.0)),
        "ease": _EASE[:1],
    },
}


def questions() -> tuple[Question, Question]:
    """Return the question to choose parameters by, and the one that counts."""
    table = read("ml-1m")
    ids = ids_of(table)
    table = table.with_columns(
        timed=pl.col("user_id").cast(pl.Int32) <= _LAST_TIMED,
        film=pl.col("item_id").cast(pl.Int32),
        day=pl.when(pl.col("user_id").cast(pl.Int32) <= _LAST_TIMED).then("day"),
    )
    stars = pl.format("stars{}", pl.col("value").cast(pl.Int32))
    table = table.with_columns(event=pl.when("timed").then(stars).otherwise("event"))
    last = pl.struct("day", "film").rank("ordinal", descending=True).over("user_id")
    table = table.with_columns(place=pl.when("timed").then(last))
    return _leaving(table, ids, 2), _leaving(table, ids, 1)


def _leaving(table: pl.DataFrame, ids: Ids, place: int) -> Question:
    known = table.filter(~pl.col("timed") | (pl.col("place") > place))
    return ask(known, table.filter(pl.col("place") == place), ids, kinds=KINDS)


def main() -> None:
    """Examine every method and print the tables."""
    args = parsed(__doc__)
    try:
        validation, test = questions()
    except Misconfigured as error:
        print(f"skipped: {error.message}")
        return
    shop = Ours(KINDS, lambda: catalogue("ml-1m"), weights=dict(_STARS), context_strength=0.0)
    own = [*simple_methods(timed=False, values=VALUES), *ours(shop, GRIDS, SHARED)]
    run(PROTOCOL, validation, test, own, args)


if __name__ == "__main__":
    main()
