"""What a shopper would rate an item."""

from apiflask import APIBlueprint
from flask import Response

from app.api.ratings import PredictedRatingAnswer, UserIdQuery
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.http import caller
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services

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
