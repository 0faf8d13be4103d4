"""The scorer of what is personal: one opinion, or the weighted sum of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from app.domain.explanations import Reason
from app.domain.recommendations import Candidate
from app.domain.settings import WEIGHTS_OF, Strategy
from app.engine.recommenders import hybrid
from app.engine.tables.profile import Profile
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.opinions import Opinion, merged
from app.recommender.reasons import RATED, Because, Before, Deed
from app.recommender.stages import Scored
from app.recommender.strategies import STRATEGIES

_SHOWN = 5  # of the shopper's items; the shares of the rest are missing to 1


@dataclass(frozen=True, slots=True)
class PersonalReasons:
    """Explains one candidate at a time, from the opinions that made its score.

    Neighbours (unnamed) and own items; the shares of these sum to 1.
    """

    memory: ShopMemory
    ctx: RankingContext
    profile: Profile
    opinions: Mapping[str, Opinion]

    def __call__(self, candidate: Candidate) -> Sequence[Reason]:
        share_of, reasons = merged(self.opinions, candidate.parts, candidate.row)
        own = share_of.pop(candidate.row, 0.0)  # no item is a reason for itself
        if own > 0.0 and (did := self._did(candidate.row)) is not None:
            reasons.append(Before(did))
        return (*reasons, Because(self._deeds(share_of)))

    def _did(self, row: int) -> str | None:
        """Return `RATED` or the kind of the event that weighs most now, for an item of the profile.

        None where no event in memory points the way the value does.
        """
        at = int(np.flatnonzero(self.profile.items == row)[0])
        if self.profile.implied is None or not self.profile.implied[at]:
            return RATED
        events, implied = self.ctx.events, self.ctx.shopper.implied
        events = events[events["item"] == row]
        if implied is None or not events.size:
            return None
        since = (events["at"][0] - events["at"]) / implied.landmark.half_life
        weights = implied.weights[events["kind"]] * np.exp2(-since)
        towards = weights * np.sign(self.profile.values[at])
        strongest = int(towards.argmax())
        kinds = self.memory.tables.history.vocabulary.kinds
        kind = kinds.word(int(events["kind"][strongest]))
        return kind if kind and towards[strongest] > 0.0 else None

    def _deeds(self, share_of: Mapping[int, float]) -> tuple[Deed, ...]:
        """Return the largest shares. Equal ones go by id: last digits and rows differ by worker."""
        shares = ((round(share, 9), row) for row, share in share_of.items())
        ids = self.memory.tables.items
        ranked = sorted(
            # what is less is the rounding error of vectors at right angles
            ((-share, ids.id(row), row) for share, row in shares if share > 0)
        )[:_SHOWN]
        preference_of = dict(
            zip(self.profile.items.tolist(), self.profile.ratings.tolist(), strict=True)
        )
        return tuple(
            Deed(self.memory.named(row), self._did(row), round(preference_of[row], 9), -negative)
            for negative, _, row in ranked
        )


class PersonalScorer:
    """Scores items by the strategy of the query; knows only shoppers with preferences.

    A strategy that knows nothing of this shopper gives way to the hybrid, whose parts that know
    nothing leave their weight to the others.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._memory = memory
        self._voices = {strategy: build(memory) for strategy, build in STRATEGIES.items()}

    def __call__(self, ctx: RankingContext) -> Scored | None:
        profile, strategy = ctx.profile, ctx.settings.strategy
        if profile is None or strategy is Strategy.POPULAR:
            return None
        if strategy is not Strategy.HYBRID and (opinion := self._ask(strategy, profile, ctx)):
            return self._alone(strategy, opinion, profile, ctx)
        return self._together(profile, ctx)

    def _ask(self, part: Strategy, profile: Profile, ctx: RankingContext) -> Opinion | None:
        voice = self._voices.get(part)
        return None if voice is None else voice(profile, ctx)

    def _alone(
        self, strategy: Strategy, opinion: Opinion, profile: Profile, ctx: RankingContext
    ) -> Scored:
        return Scored(
            strategy,
            opinion.scores,
            parts=lambda row: {strategy: float(opinion.scores[row])},
            reasons=PersonalReasons(self._memory, ctx, profile, {strategy: opinion}),
        )

    def _together(self, profile: Profile, ctx: RankingContext) -> Scored | None:
        weights: dict[Strategy, float] = {
            part: w for name, part in WEIGHTS_OF.items() if (w := getattr(ctx.settings, name))
        }
        asked = ((part, self._ask(part, profile, ctx)) for part in weights)
        opinions: dict[str, Opinion] = {part: said for part, said in asked if said is not None}
        if not opinions:
            return None
        scaled = {p: hybrid.scaled(o.scores, best=o.best) for p, o in opinions.items()}
        summands = hybrid.summands(scaled, weights)
        return Scored(
            Strategy.HYBRID,
            reduce(np.add, summands.values()),  # a stack of them would be one more copy
            parts=lambda row: {part: float(own[row]) for part, own in summands.items()},
            reasons=PersonalReasons(self._memory, ctx, profile, opinions),
        )
