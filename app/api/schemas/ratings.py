"""Ratings over HTTP."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.common import Answer, Id, Time
from app.http.parsing import Input

Stars = Annotated[float, Field(description="Within the shop's scale, 1 to 5 unless configured.")]


class RateBody(Input):
    """One rating. A storefront key says whose it is with `user_id`."""

    item_id: Id
    rating: Stars
    user_id: Id | None = None


class UserIdQuery(Input):
    """For whom, when a storefront key calls."""

    user_id: Id | None = None


class RateAnswer(Answer):
    """The stored rating."""

    user_id: str
    item_id: str
    rating: float
    rated_at: Time


class PredictedRatingAnswer(Answer):
    """A predicted rating, or why there is none."""

    user_id: str
    item_id: str
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
    rating: float | None = Field(description="Within the shop's scale.")
    model: str | None = Field(
        description="The version of the model that predicts, or `neighbours` where none can."
    )
    reason: str | None = Field(description="Why there is no rating.")


class RemoveRatingAnswer(Answer):
    """The rating is gone."""

    user_id: str
    item_id: str


class RatingView(BaseModel):
    """One rating in a list."""

    model_config = ConfigDict(extra="forbid")

    item_id: str
    rating: float
    rated_at: Time | None


class RatingsAnswer(Answer):
    """A shopper's ratings, newest first."""

    user_id: str
    ratings: list[RatingView]
