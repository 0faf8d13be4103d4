"""What households bought of a grocer (Complete Journey) in four weeks, beside peers.

    python -m benchmarks.accuracy_grocer [--tune] [--quick] [--methods WORD ...] [--keep DIR]

The protocol is that of the gift shop (`accuracy_gifts`), over a year of what the demo shop sells.
The data are simulated from real shopping patterns.
"""

from app.domain.errors import Misconfigured
from benchmarks.accuracy_common import MODES, Question
from benchmarks.accuracy_data import grocer_catalogue, read_grocer
from benchmarks.accuracy_gifts import WEEKS, around
from benchmarks.accuracy_ours import Grid, Ours, ours, weighing
from benchmarks.accuracy_run import Protocol, parsed, run
from benchmarks.accuracy_simple import VALUES, simple_methods

PROTOCOL = Protocol("grocer", goal="ndcg@20", modes=MODES, values=VALUES)
SHARED: Grid = {
    "half_life_days": (60.0, 30.0, 120.0),
    "repeat_strength": (30.0, 10.0, 100.0),
}
"""What every strategy of ours may choose."""
_EASE = (
    weighing(l2=1000.0, power=0.5, most=8000),
    weighing(l2=500.0, power=0.5, most=8000),
    weighing(l2=2000.0, power=0.5, most=8000),
)
_ALS = (weighing(dimensions=64, epochs=5, power=0.5), weighing(dimensions=64, epochs=5, power=0.0))
GRIDS: dict[str, Grid] = {
    "user": {"strategy": ("user",), "k": (200, 50, 100)},
    "co_rated": {
        "strategy": ("co_rated",),
        "co_rarity": (0.5, 1.0),
        "co_novelty": (0.3, 0.5),
    },
    "ease": {"strategy": ("ease",), "ease": _EASE},
    "als": {"strategy": ("als",), "als": _ALS},
    "hybrid": {
        "strategy": ("hybrid",),
        "parts": (
            weighing(ease=1.0, user=1.0),
            weighing(ease=1.0, user=0.5),
            weighing(ease=0.5, user=1.0),
        ),
        "ease": _EASE[:1],
        "k": (200,),
    },
}


def questions() -> tuple[Question, Question]:
    """Return the question to choose parameters by, and the one that counts."""
    table = read_grocer()
    end = table["day"].max()
    return around(table, end - 2 * WEEKS), around(table, end - WEEKS)


def main() -> None:
    """Examine every method and print the tables."""
    args = parsed(__doc__)
    try:
        validation, test = questions()
    except Misconfigured as error:
        print(f"skipped: {error.message}")
        return
    shop = Ours(("purchase",), grocer_catalogue, session_strength=0.0)
    own = [*simple_methods(timed=True, values=VALUES), *ours(shop, GRIDS, SHARED)]
    run(PROTOCOL, validation, test, own, args)


if __name__ == "__main__":
    main()
