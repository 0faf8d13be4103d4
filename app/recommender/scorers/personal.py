"""The scorer of what is personal: one opinion, or the weighted sum of several."""

from collections.abc import Mapping
from functools import reduce

import numpy as np

from app.domain.recommendations import Query
from app.domain.settings import WEIGHTS_OF, Strategy
from app.engine.recommenders import hybrid
from app.engine.tables.profile import Profile
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.scorers.opinions import Opinion, Voice
from app.recommender.scorers.reasons import PersonalReasons
from app.recommender.shelf import Scored


class PersonalScorer:
    """Scores items by the strategy of the query; knows only shoppers with preferences."""

    def __init__(
        self, tables: Tables, catalogue: CatalogueProjection, voices: Mapping[Strategy, Voice]
    ) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._voices = voices

    def __call__(self, query: Query) -> Scored | None:
        """Return scores, or None if nothing is known of the shopper.

        A strategy that knows nothing of this shopper gives way to the hybrid, whose parts that
        know nothing leave their weight to the others.
        """
        profile = self._tables.shopper.profile
        if profile is None or query.strategy is Strategy.POPULAR:
            return None
        if query.strategy is not Strategy.HYBRID:
            assert query.strategy is not None
            if opinion := self._ask(query.strategy, profile, query):
                return self._alone(query.strategy, opinion, profile)
        return self._together(profile, query)

    def _ask(self, part: Strategy, profile: Profile, query: Query) -> Opinion | None:
        voice = self._voices.get(part)
        return None if voice is None else voice(profile, query)

    def _alone(self, strategy: Strategy, opinion: Opinion, profile: Profile) -> Scored:
        return Scored(
            strategy,
            opinion.scores,
            parts=lambda row: {strategy: float(opinion.scores[row])},
            reasons=PersonalReasons(self._tables, self._catalogue, profile, {strategy: opinion}),
        )

    def _together(self, profile: Profile, query: Query) -> Scored | None:
        weights: dict[Strategy, float] = {
            part: w for name, part in WEIGHTS_OF.items() if (w := getattr(query, name))
        }
        asked = ((part, self._ask(part, profile, query)) for part in weights)
        opinions: dict[str, Opinion] = {part: said for part, said in asked if said is not None}
        if not opinions:
            return None
        scaled = {p: hybrid.scaled(o.scores, best=o.best) for p, o in opinions.items()}
        summands = hybrid.summands(scaled, weights)
        return Scored(
            Strategy.HYBRID,
            reduce(np.add, summands.values()),  # a stack of them would be one more copy
            parts=lambda row: {part: float(own[row]) for part, own in summands.items()},
            reasons=PersonalReasons(self._tables, self._catalogue, profile, opinions),
        )
