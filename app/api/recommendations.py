"""Shelves: for you, popular, similar items."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app.api.access import allow
from app.api.answers import sight_of, success
from app.api.ids import new_id
from app.api.lists import rendered
from app.api.schemas.recommendations import (
    RecommendAnswer,
    RecommendQuery,
    ShelfAnswer,
    ShelfQuery,
)
from app.current import caller, services, subject
from app.domain.accounts import Role
from app.domain.recommendations import Page, Query

bp = APIBlueprint("recommendations", __name__, tag="Recommendations")
_ANY_CALLER = (Role.SHOPPER, Role.STOREFRONT, Role.BROWSER, Role.ADMIN)


@bp.get("/recommend")
@allow(Role.SHOPPER, Role.STOREFRONT)
@bp.input(RecommendQuery, location="query")
@bp.output(RecommendAnswer)
def recommend(query_data: RecommendQuery) -> Response:
    """Recommend items to a shopper. A storefront key says to whom with `user_id`.

    An unknown shopper gets what is popular, and `strategy` says so. Where the strategy knows too
    few items, popular ones with score 0 fill the page (not with `min_score`).
    """
    user_id = subject(query_data.user_id)
    sight = sight_of(user_id)
    query = query_data.to_query(user_id, sight.own_ratings)
    page = services().recommendations.shelf("for_you", query)
    return _answer(page, user_id=user_id, fresh=sight.fresh)


@bp.get("/popular")
@allow(*_ANY_CALLER)
@bp.input(ShelfQuery, location="query")
@bp.output(ShelfAnswer)
def popular(query_data: ShelfQuery) -> Response:
    """List what most shoppers prefer."""
    return _answer(services().recommendations.shelf("popular", _shelf_query(query_data)))


@bp.get("/items/<id:item_id>/similar")
@allow(*_ANY_CALLER, errors=(404,))
@bp.input(ShelfQuery, location="query")
@bp.output(ShelfAnswer)
def similar(item_id: str, query_data: ShelfQuery) -> Response:
    """List items whose features are like this one's."""
    return _answer(services().recommendations.similar(_shelf_query(query_data, item_id)))


def _shelf_query(query: ShelfQuery, item_id: str | None = None) -> Query:
    named = query.user_id is not None or caller().role is Role.SHOPPER
    user_id = subject(query.user_id) if named else None
    return Query(
        user_id=user_id,
        item_id=item_id,
        n=query.n,
        offset=query.offset,
        own_ratings=sight_of(user_id).own_ratings,
    )


def _answer(page: Page, **fields: Any) -> Response:
    return success(**fields, recommendation_id=new_id(), **rendered(page))
