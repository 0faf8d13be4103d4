"""What a shopper looked at last."""

import numpy as np

from app.domain.events import Kind
from app.domain.recommendations import Candidate, Query
from app.engine.tables.event_record import KINDS
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.shelf import Reasons, Scored, Shelf
from app.recommender.sources.parts import WholeCatalogue

RECENTLY_VIEWED = "recently_viewed"
LOOKS = np.array([KINDS.index(Kind.VIEW), KINDS.index(Kind.SEARCH)], np.uint8)
_HOUR_MS = 3_600_000


class RecentScorer:
    """Scores items by when the shopper looked at them, the last one first."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, query: Query) -> Scored | None:
        """Return 1 for the last item, 1/2 for the one before, and so on; None if there is none."""
        events, now = self._tables.shopper.events, self._tables.shopper.now
        looks = events[np.isin(events["kind"], LOOKS)]
        rows, newest = np.unique(looks["item"], return_index=True)
        if not rows.size:
            return None
        scores = np.zeros(self._tables.items.capacity)
        scores[rows[np.argsort(newest)]] = 1.0 / np.arange(1, rows.size + 1)

        def reasons(candidate: Candidate) -> Reasons:
            at = looks["at"][newest[np.searchsorted(rows, candidate.row)]]
            ago = round(max(0, now - int(at)) / _HOUR_MS, 1)
            return {"parts": dict(candidate.parts), RECENTLY_VIEWED: {"hours_ago": ago}}

        return Scored(
            RECENTLY_VIEWED,
            scores,
            parts=lambda row: {RECENTLY_VIEWED: float(scores[row])},
            reasons=reasons,
        )


def recently_viewed_shelf(tables: Tables, catalogue: CatalogueProjection) -> Shelf:
    """Return the shelf of what the shopper looked at, of the events in memory; nothing fills it."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=common_filters(tables, catalogue),
        scorers=[RecentScorer(tables)],
        strategy=RECENTLY_VIEWED,
        needs=("subject",),
    )
