"""Shelves over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.parsing import Input
from app.api.schemas.common import Answer, Id, Weight
from app.domain.recommendations import Query
from app.domain.settings import Similarity, Strategy

ForWhom = Annotated[
    Id | None, Field(description="For whom, with a key: what this shopper rated is left out.")
]


class PageOptions(Input):
    """How much of a shelf."""

    n: Annotated[int, Field(ge=1, le=100, description="How many items.")] = 10
    offset: Annotated[int, Field(ge=0, le=10_000, description="How many to pass over.")] = 0


class ShelfQuery(PageOptions):
    """How much of a shelf, and who looks at it."""

    user_id: ForWhom = None


class ListOptions(PageOptions):
    """How a shopper's list is made. All but the page defaults to the shop's settings."""

    strategy: Strategy | None = None
    w_user: Annotated[
        Weight | None,
        Field(description="Weight of the user-based score; one weight alone leaves 1 - it."),
    ] = None
    w_item: Weight | None = None
    k: Annotated[int | None, Field(ge=1, le=1000, description="Neighbours.")] = None
    similarity: Similarity | None = None
    min_similarity: Annotated[float | None, Field(ge=0, le=1)] = None
    min_score: Annotated[float | None, Field(ge=-1e6, le=1e6)] = None
    explain: Annotated[bool, Field(description="1: say why, for each item.")] = False

    def to_query(self, user_id: str, own_ratings: Mapping[str, float] | None = None) -> Query:
        """Return the domain's query for one shopper."""
        return Query(
            user_id=user_id,
            n=self.n,
            offset=self.offset,
            strategy=self.strategy,
            w_user=self.w_user,
            w_item=self.w_item,
            k=self.k,
            similarity=self.similarity,
            min_similarity=self.min_similarity,
            min_score=self.min_score,
            explain=self.explain,
            own_ratings=own_ratings,
        )


class RecommendQuery(ListOptions):
    """How the list is made, and for whom."""

    user_id: ForWhom = None


class RecommendedView(BaseModel):
    """One item, ready to render."""

    model_config = ConfigDict(extra="forbid")

    item_id: str
    score: float
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    image_url: str | None
    reasons: dict[str, Any] | None = Field(
        default=None,
        description="With `explain=1`: `parts` sum to the score; `because` lists the rated items "
        "that brought it, `neighbours` the like-minded shoppers, unnamed.",
    )


class ShelfAnswer(Answer):
    """A page of a shelf."""

    recommendation_id: str
    strategy: str = Field(description="What made the list: `popular` for unknown shoppers.")
    recommendation: list[RecommendedView]


class RecommendAnswer(ShelfAnswer):
    """A page of the shopper's list."""

    user_id: str
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
