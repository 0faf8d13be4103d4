"""What most shoppers prefer, and what most was done with lately."""

import numpy as np

from app.domain.ratings import RatingScale
from app.domain.recommendations import Candidate, Query
from app.domain.settings import Strategy
from app.engine.jit import Float64s
from app.engine.tables.preferences import Preferences
from app.live.contexts import Contexts
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.scorers.context import InContext
from app.recommender.scorers.windows import SPANS, begin
from app.recommender.shelf import Reasons, Scored, Shelf
from app.recommender.sources.parts import NotRatedYet, WholeCatalogue


def popularity_scores(preferences: Preferences, *, top: float, g: float = 1.0) -> Float64s:
    """Sum of all shoppers' values for an item / (top * number of shoppers with any preference).

    The share of shoppers who would have to give it the top to explain its total. Returns shape
    (items.capacity,); in [0, 1] for values from 0 to `top`, below 0 where negative ones outweigh.
    From running sums: O(items).
    """
    with preferences.lock:
        n_items = preferences.items.capacity
        shoppers = preferences.shoppers
        if shoppers == 0:
            return np.zeros(n_items)
        totals = preferences.by_item.totals[:n_items]
        popular: Float64s = (totals[:, 0] + totals[:, 1] / g) / (top * shoppers)
        return popular


class PopularScorer:
    """Scores items by how many shoppers prefer them and how much. Knows every item."""

    def __init__(self, tables: Tables, scale: RatingScale) -> None:
        self._tables = tables
        self._scale = scale

    def __call__(self, query: Query) -> Scored:
        """Return popularity in [0, 1]; items nobody rated stand at the end, by their ids."""
        scores = popularity_scores(
            self._tables.preferences, top=self._scale.top, g=self._tables.shopper.g
        )

        def reasons(candidate: Candidate) -> Reasons:
            raters = self._tables.preferences.by_item.length(candidate.row)
            popular = {"ratings": raters, "category": query.category}
            return {"parts": dict(candidate.parts), "popular": popular}

        return Scored(
            Strategy.POPULAR,
            scores,
            parts=lambda row: {Strategy.POPULAR: float(scores[row])},
            reasons=reasons,
            evidence_only=False,
        )


class PopularInWindow:
    """Scores items by the weights of the events of a window, newer ones more."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, query: Query) -> Scored | None:
        """Return shares of the most popular item's sum, or None if the query names no window.

        A sum below the weight of one view counts as that view's share, so that what happened long
        ago is not popular today for lack of anything newer.
        """
        window = query.window
        if window is None:
            return None
        now = self._tables.shopper.now
        sums = self._tables.activity.weighed(SPANS[window], now)
        scores = sums / max(1.0, float(sums.max(initial=0.0)))

        def reasons(candidate: Candidate) -> Reasons:
            popular = {
                "window": window.value,
                "category": query.category,
                "events": self._tables.activity.since(candidate.row, begin(window, now)),
            }
            return {"parts": dict(candidate.parts), "popular": popular}

        return Scored(
            Strategy.POPULAR,
            scores,
            parts=lambda row: {Strategy.POPULAR: float(scores[row])},
            reasons=reasons,
        )


def popular_shelf(
    tables: Tables, catalogue: CatalogueProjection, scale: RatingScale, contexts: Contexts
) -> Shelf:
    """Return the shelf of what is popular, in a window or by all that is preferred."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[*common_filters(tables, catalogue), NotRatedYet(tables)],
        scorers=[
            InContext(PopularInWindow(tables), contexts),
            InContext(PopularScorer(tables, scale), contexts),
        ],
        takes=("category", "window"),
    )
