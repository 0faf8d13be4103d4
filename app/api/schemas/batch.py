"""Lists for many shoppers at once."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.schemas.common import Id
from app.api.schemas.filters import FilterBody
from app.api.schemas.recommendations import ListOptions, RecommendedView

MAX_USERS = 1000


def _distinct(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise ValueError("must be distinct")
    return ids


class BatchBody(FilterBody, ListOptions):
    """For whom, and what `GET /recommend` takes."""

    max_bytes: ClassVar[int] = 2 * 1024 * 1024

    user_ids: Annotated[
        list[Id],
        AfterValidator(_distinct),
        Field(min_length=1, max_length=MAX_USERS, json_schema_extra={"uniqueItems": True}),
    ]


class BatchList(BaseModel):
    """A line: one shopper's list."""

    model_config = ConfigDict(extra="forbid")

    user_id: str
    recommendation_id: str
    strategy: str
    recommendation: list[RecommendedView]


class BatchFailure(BaseModel):
    """A line: what went wrong for one shopper; the others are not touched by it."""

    model_config = ConfigDict(extra="forbid")

    user_id: str
    status: Literal["failure"]
    code: str
    message: str
