"""Lists for many shoppers at once, a line of JSON each: for mailings and the like."""

from typing import Annotated, Any, ClassVar, Literal

from apiflask import APIBlueprint
from apiflask.schemas import FileSchema
from flask import Response, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.lists import rendered
from app.api.schemas.common import Id
from app.api.schemas.filters import FilterBody
from app.api.schemas.recommendations import ListOptions, RecommendedView
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.http.access import allow
from app.http.answers import encoded
from app.http.caller import services
from app.http.errors import described
from app.http.peer import Peer
from app.recommender.recommendations import Recommendations

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


bp = APIBlueprint("batch", __name__, tag="Recommendations")
_NDJSON = "application/x-ndjson"


@bp.post("/recommend/batch")
@allow(Role.STOREFRONT, errors=(413, 415))
@bp.input(BatchBody, location="json")
@bp.output(
    FileSchema(type="string"),
    content_type=_NDJSON,
    description="A line for each shopper, in the order asked: `user_id`, `recommendation_id`, "
    "`strategy`, `recommendation`; or `user_id`, `status` failure, `code`, `message`",
)
def batch(json_data: BatchBody) -> Response:
    """Recommend items to up to 1000 shoppers, streamed as JSON lines.

    All are answered with the same settings. What goes wrong for one shopper is said in its line.
    """
    recommendations = services().recommendations
    options = recommendations.complete(json_data.to_query(None))
    Peer(request.environ).limit()
    queries = (options._replace(subject=user_id) for user_id in json_data.user_ids)
    lines = (_line(recommendations, query) for query in queries)
    return Response(lines, content_type=_NDJSON)


def _line(recommendations: Recommendations, query: Query) -> bytes:
    answer: dict[str, Any] = {"user_id": query.subject}
    try:
        page = recommendations.shelf("for_you", query)
        answer |= rendered(page)
    except Exception as error:
        answer |= described(error)
    return encoded(answer) + b"\n"
