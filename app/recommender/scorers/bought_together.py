"""What is bought together with an item, or with those of a cart."""

from collections.abc import Callable

from app.domain.ratings import RatingScale
from app.domain.recommendations import Candidate, Query
from app.domain.settings import ShopSettings
from app.engine.recommenders.baskets import Basket
from app.live.habits import LearnedHabits
from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection
from app.recommender.filters.filters import common_filters
from app.recommender.scorers.habitual import WithHabits
from app.recommender.scorers.naming import named
from app.recommender.scorers.popular import PopularScorer
from app.recommender.shelf import Mask, Reasons, Scored, Scorer, Shelf
from app.recommender.sources.parts import NotItself, NotRatedYet, WholeCatalogue

BOUGHT_TOGETHER = "bought_together"
_SHOWN = 5  # items of the cart that are named


class NotInCart:
    """Leaves out the items that the query is about together."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, query: Query, mask: Mask) -> None:
        """Set those rows to 0."""
        mask[_rows(self._tables, query.items)] = 0


class BasketScorer:
    """Scores items by how much more than by chance they are bought with those of the query."""

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
        """Return scores in [0, 1), or None if nothing is bought together with any of the items."""
        tables = self._tables
        about = query.items if query.item_id is None else (query.item_id,)
        categories = self._catalogue.categories.codes(tables.items.capacity)
        least = self._settings().min_support
        basket = tables.baskets.of(_rows(tables, about), categories, least=least)
        if not basket:
            return None
        return Scored(
            BOUGHT_TOGETHER,
            basket.scores,
            parts=lambda row: {BOUGHT_TOGETHER: float(basket.scores[row])},
            reasons=lambda candidate: self._reasons(basket, candidate),
        )

    def _reasons(self, basket: Basket, candidate: Candidate) -> Reasons:
        ties = [
            {
                "with": named(self._tables, self._catalogue, tie.item),
                "orders": tie.together,
                "of": tie.orders,
                "lift": round(tie.lift, 3),
                "part": round(tie.part, 9),
            }
            for tie in basket.ties(candidate.row)[:_SHOWN]
        ]
        return {"parts": dict(candidate.parts), BOUGHT_TOGETHER: ties}


def _rows(tables: Tables, item_ids: tuple[str, ...]) -> list[int]:
    """Return the rows of the items that anything is known of, each once."""
    found = (tables.items.row(item_id) for item_id in dict.fromkeys(item_ids))
    return [row for row in found if row is not None]


def baskets_shelf(
    tables: Tables,
    catalogue: CatalogueProjection,
    scale: RatingScale,
    *,
    about: str,
    settings: Callable[[], ShopSettings],
    habits: LearnedHabits,
) -> Shelf:
    """Return the shelf of what goes with one item (`about` is "item_id") or a cart ("items").

    Beside a cart stands also what its owner buys again and again. Popular items fill it up.
    """
    beside: Scorer = BasketScorer(tables, catalogue, settings=settings)
    if about == "items":
        beside = WithHabits(beside, tables, habits, settings=settings, top=scale.top)
    return Shelf(
        tables,
        catalogue,
        sources=[WholeCatalogue(catalogue)],
        filters=[
            *common_filters(tables, catalogue),
            NotItself(catalogue),
            NotInCart(tables),
            NotRatedYet(tables),
        ],
        scorers=[
            beside,
            PopularScorer(tables, scale),
        ],
        strategy=BOUGHT_TOGETHER,
        needs=(about,),
    )
