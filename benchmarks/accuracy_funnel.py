"""What a shop learns from views, carts and purchases: Retailrocket, beside peers.

    python -m benchmarks.accuracy_funnel [--strict] [--tune] [--quick] [--methods WORD ...]

The data say who viewed, put in the cart and bought what, once a pair, and not when. A fifth of all
purchases, drawn, is asked for; lists leave out what else the customer bought. Parameters of every
method are chosen by a fifth of the other purchases, likewise. Nine tenths of what is bought was
viewed and put in the cart before, and that stays known: what will be bought of what was looked at?
With --strict all that the customer did with what is asked for is left out too, and lists leave out
whatever was viewed, put in the cart or bought: what new thing will be bought?

The last lines say how far learned weights of the kinds of events are ahead of equal ones. Both may
try twelve settings; the search for weights begins with equal ones, and those may choose more of the
other settings in return.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from app.domain.errors import Misconfigured
from benchmarks.accuracy_common import Question
from benchmarks.accuracy_data import ask, ids_of, read
from benchmarks.accuracy_ours import Grid, Ours, ours, weighing
from benchmarks.accuracy_run import Protocol, parsed, run
from benchmarks.accuracy_simple import simple_methods

KINDS = ("view", "cart", "purchase")
LEARNED, EQUAL = "Shelfwise learned weights", "Shelfwise equal weights"
PROTOCOL = Protocol("funnel", "ndcg@20", modes=("new",), values=("ones", "log"), ours=LEARNED)
STRICT = replace(PROTOCOL, name="funnel-strict")
_EVENTS = ("view", "cart_add", "purchase")
_WEIGHTS = tuple(
    weighing(view=view, cart_add=cart, purchase=purchase)
    for view, cart, purchase in (
        (1.0, 1.0, 1.0),
        (1.0, 0.5, 0.5),
        (1.0, 2.0, 1.0),
        (1.0, 3.0, 5.0),
        (1.0, 10.0, 0.0),
        (1.0, 20.0, -5.0),
    )
)
"""Equal ones first: a search that cannot improve on them returns them."""
_SHARED: Grid = {"strategy": ("user",), "exponent": (1.0,)}
GRIDS: dict[str, Grid] = {
    "learned weights": {"weights": _WEIGHTS, "k": (30, 50), "saturation": (20.0,)},
    "equal weights": {
        "weights": _WEIGHTS[:1],
        "k": (30, 20, 50, 100),
        "saturation": (20.0, 5.0, 50.0),
    },
}
_SHARE, _SEED = 0.2, 1
_PAIR = ["user_id", "item_id"]


def questions(*, kept: bool = False) -> tuple[Question, Question]:
    """Return the question to choose parameters by, and the one that counts.

    kept : what else was done with the item that is asked for stays known.
    """
    table = read("retailrocket-caserec")
    ids = ids_of(table)
    rng = np.random.default_rng(_SEED)
    known, test = _parted(table, rng, kept)
    fewer, validation = _parted(known, rng, kept)
    seen = ("purchase",) if kept else KINDS
    return (
        ask(fewer, validation, ids, kinds=KINDS, seen=seen),
        ask(known, test, ids, kinds=KINDS, seen=seen),
    )


def _parted(
    table: pl.DataFrame, rng: np.random.Generator, kept: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the table without some drawn purchases, or all that is of their pairs; and these."""
    bought = table.filter(pl.col("event") == "purchase").sort(_PAIR)
    drawn = bought.filter(pl.Series(rng.random(bought.height) < _SHARE))
    alike = [*_PAIR, "event"] if kept else _PAIR
    return table.join(drawn.select(alike), on=alike, how="anti"), drawn


def main() -> None:
    """Examine every method and print the tables."""
    args = parsed(__doc__, {"strict": "leave out all that was done with what is asked for"})
    try:
        validation, test = questions(kept=not args.strict)
    except Misconfigured as error:
        print(f"skipped: {error.message}")
        return
    shop = Ours(_EVENTS, list, session_strength=0.0, context_strength=0.0)
    own = [*simple_methods(timed=False, values=PROTOCOL.values), *ours(shop, GRIDS, _SHARED)]
    run(STRICT if args.strict else PROTOCOL, validation, test, own, args)


if __name__ == "__main__":
    main()
