"""What this shopper should see next."""

from collections.abc import Callable
from typing import Any

from app.domain.ratings import RatingScale
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings, Strategy
from app.engine.recommenders.transitions import Next, last_items
from app.live.contexts import Contexts
from app.live.habits import LearnedHabits
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.filters.history_filters import NotBoughtLately
from app.recommender.scorers.context import InContext
from app.recommender.scorers.habitual import WithHabits
from app.recommender.scorers.naming import named
from app.recommender.scorers.popular import PopularScorer
from app.recommender.shelf import Scored, Scorer, Shelf
from app.recommender.sources.parts import NotRatedYet, WholeCatalogue

SESSION = "session"
_VISIT_MS = 24 * 3_600_000  # clicks from before that say nothing of what comes next
_MINUTE_MS = 60_000


class WithNextItems:
    """Adds to the scores of another scorer, which knows the shopper, what usually comes next."""

    def __init__(
        self,
        scorer: Scorer,
        tables: Tables,
        catalogue: CatalogueProjection,
        *,
        settings: Callable[[], ShopSettings],
        top: float,
    ) -> None:
        """Take the scorer; `top` is the best rating, which a user-based score may reach."""
        self._scorer = scorer
        self._tables = tables
        self._catalogue = catalogue
        self._settings = settings
        self._top = top

    def __call__(self, query: Query) -> Scored | None:
        """Return the scores + strength * T (`engine.transitions`), with a part `session`."""
        scored = self._scorer(query)
        if scored is None or not query.session_strength or not (found := self._next()):
            return scored
        unit = self._top if scored.strategy == Strategy.USER else 1.0
        session = found.scores * (unit * query.session_strength)

        def told(row: int) -> list[dict[str, Any]]:
            return [
                {"after": named(self._tables, self._catalogue, item), "share": round(share, 9)}
                for item, share in found.why(row)
            ]

        return scored.plus(
            SESSION, scored.scores + session, part=lambda row: float(session[row]), told=told
        )

    def _next(self) -> Next | None:
        shopper = self._tables.shopper
        if shopper.implied is None:
            return None
        weights = shopper.implied.weights
        clicks = last_items(shopper.events, weights, shopper.now - _VISIT_MS)
        patience = int(self._settings().session_minutes * _MINUTE_MS)
        return self._tables.transitions.after(clicks, weights, patience=patience)


def for_you_shelf(
    personal: Scorer,
    tables: Tables,
    catalogue: CatalogueProjection,
    scale: RatingScale,
    contexts: Contexts,
    settings: Callable[[], ShopSettings],
    habits: LearnedHabits,
) -> Shelf:
    """Return the shelf of the home page: personal first, popular where that knows nothing."""
    scorer = WithHabits(
        InContext(personal, contexts),
        tables,
        habits,
        settings=settings,
        top=scale.top,
    )
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[
            *common_filters(tables, catalogue),
            NotBoughtLately(tables, settings),
            NotRatedYet(tables),
        ],
        scorers=[
            WithNextItems(scorer, tables, catalogue, settings=settings, top=scale.top),
            InContext(PopularScorer(tables, scale), contexts),
        ],
    )
