"""The lift of the present context: time of day and week, device, country."""

from app.live.patterns import Lift
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import Context
from app.recommender.stages import Scored, Scorer

CONTEXT = "context"
_TOLD_FROM = 0.05  # a smaller difference is no reason


class InContext:
    """Multiplies another scorer's scores above 0 by what the present context lifts each item.

    One more part holds the difference.
    """

    def __init__(self, scorer: Scorer, memory: ShopMemory) -> None:
        self._scorer = scorer
        self._contexts = memory.contexts

    def __call__(self, ctx: RankingContext) -> Scored | None:
        scored = self._scorer(ctx)
        if scored is None:
            return None
        lift = self._contexts.lift(ctx.now, ctx.query.context, ctx.settings)
        if lift is None:
            return scored
        plain = scored.scores
        scores = lift.lifted(plain)

        return scored.plus(
            CONTEXT,
            scores,
            part=lambda row: float(scores[row] - plain[row]),
            told=lambda row: _told(lift, row),
        )


def _told(lift: Lift, row: int) -> Context | None:
    """Return the lifts of the item's category by dimension, and all together by their strength."""
    code = int(lift.codes[row])
    lifts = {
        name: round(float(by_code[code]), 3)
        for name, by_code in lift.by_dimension.items()
        if code < by_code.size and abs(by_code[code] - 1.0) >= _TOLD_FROM
    }
    return Context(round(float(lift.by_code[code]), 3), lift.moment.hour, lifts) if lifts else None
