"""Ratings: give, replace, take back."""

from typing import Annotated

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.schemas import Answer, Id, Time
from app.domain.accounts import Role
from app.http.access import allow
from app.http.answers import stored
from app.http.caller import caller, services, subject
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


class RemoveRatingAnswer(Answer):
    """The rating is gone."""

    user_id: str
    item_id: str


bp = APIBlueprint("ratings", __name__, tag="Ratings")


@bp.post("/rate")
@allow(Role.SHOPPER, Role.STOREFRONT, errors=(404, 409, 413, 415))
@bp.input(RateBody, location="json_or_form")
@bp.output(RateAnswer)
def rate(json_or_form_data: RateBody) -> Response:
    """Store a rating; a second one of the same item replaces the first."""
    written = services().ratings.rate(
        subject(json_or_form_data.user_id),
        json_or_form_data.item_id,
        json_or_form_data.rating,
        needs_account=caller().role is Role.SHOPPER,
    )
    rating = written.value
    return stored(
        written.position,
        user_id=rating.user_id,
        item_id=rating.item_id,
        rating=rating.rating,
        rated_at=rating.rated_at,
    )


@bp.delete("/rate/<id:item_id>")
@allow(Role.SHOPPER, Role.STOREFRONT, errors=(404,))
@bp.input(UserIdQuery, location="query")
@bp.output(RemoveRatingAnswer)
def remove(item_id: str, query_data: UserIdQuery) -> Response:
    """Take a rating back."""
    who = subject(query_data.user_id)
    removed = services().ratings.take_back(who, item_id)
    return stored(removed.position, user_id=who, item_id=item_id)
