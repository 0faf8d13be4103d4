"""Lists for many shoppers at once, a line of JSON each: for mailings and the like."""

from typing import Annotated, Any, ClassVar

from apiflask import APIBlueprint
from apiflask.schemas import FileSchema
from flask import Response
from pydantic import AfterValidator, Field

from app.api.filters import FilterBody
from app.api.lists import ListOptions, rendered
from app.api.schemas import Id
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings
from app.http.access import allow
from app.http.answers import JSON_LINES, encoded, json_lines
from app.http.caller import services
from app.http.errors import described
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


bp = APIBlueprint("batch", __name__, tag="Recommendations")


@bp.post("/recommend/batch")
@allow(Role.STOREFRONT, errors=(413, 415))
@bp.input(BatchBody, location="json")
@bp.output(
    FileSchema(type="string"),
    content_type=JSON_LINES,
    description="A line for each shopper, in the order asked: `user_id`, `recommendation_id`, "
    "`strategy`, `recommendation`; or `user_id`, `status` failure, `code`, `message`",
)
def batch(json_data: BatchBody) -> Response:
    """Recommend items to up to 1000 shoppers, streamed as JSON lines.

    All are answered with the same settings. What goes wrong for one shopper is said in its line.
    """
    recommendations = services().recommendations
    asked = json_data.to_query(None)
    settings = recommendations.settings_for(asked)
    queries = (asked._replace(subject=user_id) for user_id in json_data.user_ids)
    return json_lines(encoded(_line(recommendations, query, settings)) for query in queries)


def _line(recommendations: Recommendations, query: Query, settings: ShopSettings) -> dict[str, Any]:
    whose = {"user_id": query.subject}
    try:
        return whose | rendered(recommendations.shelf("for_you", query, settings))
    except Exception as error:
        return whose | described(error)
