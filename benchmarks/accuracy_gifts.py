"""What customers of a gift shop (UCI Online Retail) bought in four weeks, beside peers.

    python -m benchmarks.accuracy_gifts [--tune] [--quick] [--methods WORD ...] [--keep DIR]

Everything before the last four weeks is known; customers who bought before and after are asked
about at the cut. New items: what they had not bought before, which is left out of lists. All items:
nothing is left out. Parameters of every method are chosen by the four weeks before, knowing what
came before those.
"""

import polars as pl

from app.domain.errors import Misconfigured
from benchmarks.accuracy_common import MODES, Question
from benchmarks.accuracy_data import ask, catalogue, ids_of, read_gifts
from benchmarks.accuracy_ours import Grid, Ours, ours, weighing
from benchmarks.accuracy_run import Protocol, parsed, run
from benchmarks.accuracy_simple import VALUES, simple_methods

PROTOCOL = Protocol("gifts", goal="ndcg@20", modes=MODES, values=VALUES)
_EASE = (
    weighing(l2=100.0, power=0.5),
    weighing(l2=200.0, power=0.5),
    weighing(l2=100.0, power=1.0),
)
_ALS = (
    weighing(dimensions=64, epochs=8, power=0.5),
    weighing(dimensions=64, epochs=8, power=0.0),
    weighing(dimensions=128, epochs=8, power=0.5),
)
SHARED: Grid = {
    "half_life_days": (60.0, 30.0, 120.0, 180.0),
    "saturation": (10.0, 5.0, 20.0),
    "repeat_strength": (10.0, 4.0, 30.0),
}
"""What every strategy of ours may choose."""
GRIDS: dict[str, Grid] = {
    "item": {"strategy": ("item",)},
    "user": {"strategy": ("user",), "k": (100, 50, 200), "exponent": (1.0, 2.0)},
    "co_rated": {
        "strategy": ("co_rated",),
        "co_exponent": (3.0, 1.0),
        "co_rarity": (0.5, 1.0),
        "co_novelty": (0.5, 0.3),
    },
    "ease": {"strategy": ("ease",), "ease": _EASE},
    "als": {"strategy": ("als",), "als": _ALS},
    "hybrid": {
        "strategy": ("hybrid",),
        "parts": (
            weighing(ease=1.0, als=0.5, user=0.5),
            weighing(ease=1.0, als=1.0),
            weighing(ease=1.0, als=0.5, co_rated=0.3),
            weighing(ease=1.0, als=0.5, user=0.5, item=0.2),
        ),
        "ease": _EASE[:1],
        "als": _ALS[:1],
        "k": (100,),
    },
}
WEEKS = 28.0
"""Days in which what was bought is asked for."""


def questions() -> tuple[Question, Question]:
    """Return the question to choose parameters by, and the one that counts."""
    table = read_gifts()
    end = table["day"].max()
    return around(table, end - 2 * WEEKS), around(table, end - WEEKS)


def around(table: pl.DataFrame, cut: float) -> Question:
    """Return what was bought until the cut, asking for what was bought in the four weeks after."""
    day = pl.col("day")
    known, taken = table.filter(day <= cut), table.filter((day > cut) & (day <= cut + WEEKS))
    return ask(known, taken, ids_of(known.vstack(taken)), kinds=("purchase",), moment=cut)


def main() -> None:
    """Examine every method and print the tables."""
    args = parsed(__doc__)
    try:
        validation, test = questions()
    except Misconfigured as error:
        print(f"skipped: {error.message}")
        return
    shop = Ours(("purchase",), lambda: catalogue("online-retail"), session_strength=0.0)
    own = [*simple_methods(timed=True, values=VALUES), *ours(shop, GRIDS, SHARED)]
    run(PROTOCOL, validation, test, own, args)


if __name__ == "__main__":
    main()
