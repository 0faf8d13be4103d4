"""What a shopper would rate an item."""

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.ratings import UserIdQuery
from app.api.schemas import Answer
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.http import caller
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services


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


bp = APIBlueprint("predicted_ratings", __name__, tag="Ratings")
_NOTHING = "The shopper has rated, or done, nothing that says anything of this item."


@bp.get("/items/<id:item_id>/predicted-rating")
@allow(Role.SHOPPER, Role.STOREFRONT, errors=(404,))
@bp.input(UserIdQuery, location="query")
@bp.output(PredictedRatingAnswer)
def predicted(item_id: str, query_data: UserIdQuery) -> Response:
    """Predict what a shopper would rate an item, by what the shopper has rated by now.

    By the model `ratings` where one is in force and knows the item, else by the neighbours.
    """
    who = caller.subject(query_data.user_id)
    sight = sight_of(who)
    found = services().predicted_ratings.of(Query(subject=who, own=sight.own), item_id)
    return success(
        user_id=who,
        item_id=item_id,
        fresh=sight.fresh,
        rating=found.rating,
        model=found.model,
        reason=_NOTHING if found.rating is None else None,
    )
