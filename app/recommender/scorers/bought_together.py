"""Items that are bought together with one, or with those of a cart."""

from app.recommender.context import RankingContext, ShopMemory
from app.recommender.filters.query import rows_about
from app.recommender.reasons import Beside, BoughtTogether
from app.recommender.stages import Scored

BOUGHT_TOGETHER = "bought_together"
_SHOWN = 5  # items of the cart that are named


class BasketScorer:
    """Scores items by how much more than by chance they are bought with those of the query.

    Scores in [0, 1); none if nothing is bought together with any of them.
    """

    def __init__(self, memory: ShopMemory) -> None:
        self._memory = memory

    def __call__(self, ctx: RankingContext) -> Scored | None:
        memory, tables = self._memory, self._memory.tables
        categories = memory.catalogue.categories.codes(tables.items.capacity)
        least = ctx.settings.min_support
        basket = tables.baskets.of(rows_about(tables, ctx.query), categories, least=least)
        if not basket:
            return None

        def told(row: int) -> BoughtTogether:
            return BoughtTogether(
                tuple(
                    Beside(
                        memory.named(tie.item),
                        orders=tie.together,
                        of=tie.orders,
                        lift=round(tie.lift, 3),
                        part=round(tie.part, 9),
                        others=ctx.shopper.others(basket.buyers(tie.item, row)),
                    )
                    for tie in basket.ties(row)[:_SHOWN]
                )
            )

        return Scored.of_one(BOUGHT_TOGETHER, basket.scores, told=told)
