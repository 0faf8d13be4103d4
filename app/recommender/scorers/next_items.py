"""Items that usually come next after what the shopper did in this visit."""

from app.domain.settings import Strategy
from app.engine.recommenders.transitions import Next, last_items
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import After, NextAfter
from app.recommender.stages import Scored, Scorer

SESSION = "session"
_VISIT_MS = 24 * 3_600_000  # clicks from before that say nothing of what comes next
_MINUTE_MS = 60_000


class WithNextItems:
    """Adds strength * T (`engine.transitions`) to another scorer's scores, as one more part.

    The other scorer knows the shopper.
    """

    def __init__(self, scorer: Scorer, memory: ShopMemory) -> None:
        self._scorer = scorer
        self._memory = memory

    def __call__(self, ctx: RankingContext) -> Scored | None:
        scored = self._scorer(ctx)
        strength = ctx.settings.session_strength
        if scored is None or not strength or not (found := self._next(ctx)):
            return scored
        unit = self._memory.scale.top if scored.strategy == Strategy.USER else 1.0
        session = found.scores * (unit * strength)

        def told(row: int) -> NextAfter:
            why = found.why(row)
            return NextAfter(
                tuple(
                    After(self._memory.named(item), round(share, 9), self._others(ctx, item, row))
                    for item, share in why
                )
            )

        return scored.plus(
            SESSION, scored.scores + session, part=lambda row: float(session[row]), told=told
        )

    def _next(self, ctx: RankingContext) -> Next | None:
        implied = ctx.shopper.implied
        if implied is None:
            return None
        weights = implied.weights
        clicks = last_items(ctx.events, weights, ctx.now - _VISIT_MS)
        return self._memory.tables.transitions.after(clicks, weights, patience=_patience(ctx))

    def _others(self, ctx: RankingContext, item: int, row: int) -> int:
        """Count the other shoppers who went on from one item to another."""
        implied = ctx.shopper.implied
        if implied is None:
            return 0
        transitions = self._memory.tables.transitions
        subjects = transitions.subjects(item, row, implied.weights, patience=_patience(ctx))
        return ctx.shopper.others(subjects)


def _patience(ctx: RankingContext) -> int:
    return int(ctx.settings.session_minutes * _MINUTE_MS)
