"""Every shelf of a shop: a row of the table."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.settings import Strategy
from app.recommender.context import ShopMemory
from app.recommender.filters.history import NotBoughtLately, NotLately, NotRatedYet, NotTurnedDown
from app.recommender.filters.query import InCategory, NotItself, Wanted
from app.recommender.recommendations import Recommendations
from app.recommender.rerankers.diversity import Diversity
from app.recommender.rerankers.limits import Limits
from app.recommender.scorers.bought_together import BOUGHT_TOGETHER, BasketScorer
from app.recommender.scorers.buy_again import BUY_AGAIN, BuyAgainScorer, WithHabits
from app.recommender.scorers.context import InContext
from app.recommender.scorers.new import NewScorer
from app.recommender.scorers.next_items import WithNextItems
from app.recommender.scorers.personal import PersonalScorer
from app.recommender.scorers.popular import PopularInWindow, PopularScorer
from app.recommender.scorers.recent import RECENTLY_VIEWED, RecentScorer
from app.recommender.scorers.similar import SimilarScorer
from app.recommender.scorers.trending import TrendingScorer
from app.recommender.shelf import Shelf
from app.recommender.sources import WholeCatalogue
from app.recommender.stages import Filter, Reranker, Scorer, Source

Scoring = tuple[Callable[..., Scorer], ...]
"""A scorer, made of the memory, and what adds to it, each made of the one before and the memory."""
_EVERYWHERE: tuple[Callable[[ShopMemory], Filter], ...] = (Wanted, InCategory, NotLately)


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """How one shelf is made, in the order in which its parts work."""

    name: str
    scoring: Scoring
    sources: tuple[Callable[[ShopMemory], Source], ...] = (WholeCatalogue,)
    filters: tuple[Callable[[ShopMemory], Filter], ...] = (NotRatedYet,)
    """Besides those of every shelf."""
    fill_up: Scoring | None = (PopularScorer,)
    """What follows where `scoring` knows too few items, or none."""
    rerankers: tuple[Callable[[ShopMemory], Reranker], ...] = (Limits, Diversity)
    """None of them: the list stays as it is scored, with every variant of a product."""
    strategy: str = Strategy.POPULAR
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    """`strategy`, `needs`, `takes`: as `Shelf` has them."""

    def build(self, memory: ShopMemory) -> Shelf:
        """Return the shelf over what `memory` holds."""
        scorings = [self.scoring] if self.fill_up is None else [self.scoring, self.fill_up]
        return Shelf(
            memory,
            sources=[source(memory) for source in self.sources],
            filters=[reject(memory) for reject in (*_EVERYWHERE, *self.filters)],
            scorers=[_scorer(scoring, memory) for scoring in scorings],
            rerankers=[reranker(memory) for reranker in self.rerankers],
            strategy=self.strategy,
            needs=self.needs,
            takes=self.takes,
        )


def _scorer(scoring: Scoring, memory: ShopMemory) -> Scorer:
    scorer = scoring[0](memory)
    for adding in scoring[1:]:
        scorer = adding(scorer, memory)
    return scorer


SHELVES = (
    ShelfRow(
        "for_you",
        scoring=(PersonalScorer, InContext, WithHabits, WithNextItems),
        filters=(NotBoughtLately, NotRatedYet),
        fill_up=(PopularScorer, InContext),
    ),
    ShelfRow(
        "popular",
        scoring=(PopularInWindow, InContext),
        fill_up=(PopularScorer, InContext),
        takes=("category", "window"),
    ),
    ShelfRow(
        "similar",  # only what is alike at all stands on it
        scoring=(SimilarScorer,),
        filters=(NotItself, NotRatedYet),
        fill_up=None,
        strategy=Strategy.ITEM,
        needs=("item_id",),
    ),
    ShelfRow("new", scoring=(NewScorer,), takes=("category",)),
    ShelfRow("trending", scoring=(TrendingScorer,), takes=("category", "window")),
    ShelfRow(
        "for_category",
        scoring=(PersonalScorer, InContext),
        fill_up=(PopularScorer, InContext),
        needs=("category",),
    ),
    ShelfRow(
        "bought_together",
        scoring=(BasketScorer,),
        filters=(NotItself, NotRatedYet),
        strategy=BOUGHT_TOGETHER,
        needs=("item_id",),
    ),
    ShelfRow(
        "cart",
        scoring=(BasketScorer, WithHabits),
        filters=(NotItself, NotRatedYet),
        strategy=BOUGHT_TOGETHER,
        needs=("items",),
    ),
    ShelfRow(
        "recently_viewed",
        scoring=(RecentScorer,),
        filters=(),
        fill_up=None,
        rerankers=(),
        strategy=RECENTLY_VIEWED,
        needs=("subject",),
    ),
    ShelfRow(
        "buy_again",
        scoring=(BuyAgainScorer,),
        filters=(NotTurnedDown,),
        fill_up=None,
        rerankers=(),
        strategy=BUY_AGAIN,
        needs=("subject",),
    ),
)


def build_recommendations(memory: ShopMemory) -> Recommendations:
    """Return every shelf over what `memory` holds."""
    shelves = {row.name: row.build(memory) for row in SHELVES}
    return Recommendations(shelves, catalogue=memory.catalogue, settings=memory.settings)
