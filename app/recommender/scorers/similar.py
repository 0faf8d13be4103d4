"""Items like a given one: by their features, and by who likes both."""

from collections.abc import Callable, Mapping

from app.domain.catalogue import Product
from app.domain.recommendations import Candidate, Query
from app.domain.settings import ShopSettings, Strategy
from app.engine.recommenders.co_rated import CoLiked, co_liked
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.shelf import Reasons, Scored, Shelf
from app.recommender.sources.parts import NotItself, NotRatedYet, WholeCatalogue

FEATURES = "features"
LIKED = "liked"


class SimilarScorer:
    """Scores items by the weighted mean of two cosines with the anchor: features, and likers."""

    def __init__(
        self,
        tables: Tables,
        catalogue: CatalogueProjection,
        *,
        settings: Callable[[], ShopSettings],
    ) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._settings = settings

    def __call__(self, query: Query) -> Scored | None:
        """Return similarities in [0, 1], or None if the anchor has left the catalogue.

        Where nobody likes the anchor, its features stand alone.
        """
        row = None if query.item_id is None else self._catalogue.row(query.item_id)
        if row is None:
            return None
        liked = co_liked(self._tables.preferences, row, g=self._tables.shopper.g)
        weight = self._settings().w_similar_features if liked.likers else 1.0
        by_features = weight * self._tables.item_based.similar(row)
        by_likers = (1.0 - weight) * liked.similarity
        anchor = self._catalogue.product(row)

        def parts(row: int) -> Mapping[str, float]:
            return {FEATURES: float(by_features[row]), LIKED: float(by_likers[row])}

        return Scored(
            Strategy.ITEM,
            by_features + by_likers,
            parts=parts,
            reasons=lambda candidate: _reasons(candidate, anchor, liked),
        )


def _reasons(candidate: Candidate, anchor: Product, liked: CoLiked) -> Reasons:
    about = {"item_id": anchor.item_id, "title": anchor.title}
    reasons: Reasons = {"parts": dict(candidate.parts), "similar_to": about}
    shoppers = int(liked.counts[candidate.row])
    if shoppers:
        share = candidate.parts[LIKED] / candidate.score
        reasons["liked_with"] = {
            **about,
            "shoppers": shoppers,
            "of": liked.likers,
            "share": round(share, 9),
        }
    return reasons


def similar_shelf(
    tables: Tables, catalogue: CatalogueProjection, *, settings: Callable[[], ShopSettings]
) -> Shelf:
    """Return the shelf of similar items; only what is alike at all stands on it."""
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[
            *common_filters(tables, catalogue),
            NotItself(catalogue),
            NotRatedYet(tables),
        ],
        scorers=[SimilarScorer(tables, catalogue, settings=settings)],
        strategy=Strategy.ITEM,
        needs=("item_id",),
    )
