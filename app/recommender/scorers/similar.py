"""Items like a given one: by their features, and by who likes both."""

from collections.abc import Mapping, Sequence

from app.domain.explanations import Named, Reason
from app.domain.recommendations import Candidate
from app.domain.settings import Strategy
from app.engine.recommenders.co_rated import co_liked, likers_of_both
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import LikedWith, SimilarTo
from app.recommender.stages import Scored

FEATURES = "features"
LIKED = "liked"


class SimilarScorer:
    """Scores items by the weighted mean of two cosines with the anchor: features, and likers.

    Where nobody likes the anchor, its features stand alone.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables
        self._catalogue = memory.catalogue

    def __call__(self, ctx: RankingContext) -> Scored | None:
        item_id = ctx.query.item_id
        row = None if item_id is None else self._catalogue.row(item_id)
        if row is None:
            return None
        liked = co_liked(self._tables.preferences, row, g=ctx.explicit_scale)
        weight = ctx.settings.w_similar_features if liked.likers.size else 1.0
        by_features = weight * self._tables.item_based.similar(row)
        by_likers = (1.0 - weight) * liked.similarity
        anchor = self._catalogue.product(row)

        def reasons(candidate: Candidate) -> Sequence[Reason]:
            about = Named(anchor.item_id, anchor.title)
            both = likers_of_both(self._tables.preferences, liked, candidate.row)
            if not both.size:
                return (SimilarTo(about),)
            share = round(candidate.parts[LIKED] / candidate.score, 9)
            others = ctx.shopper.others(both)
            liked_with = LikedWith(about, both.size, liked.likers.size, share, others)
            return SimilarTo(about), liked_with

        def parts(row: int) -> Mapping[str, float]:
            return {FEATURES: float(by_features[row]), LIKED: float(by_likers[row])}

        return Scored(
            Strategy.ITEM,
            by_features + by_likers,
            parts=parts,
            reasons=reasons,
        )
