"""Shoppers: who they are, what they rated, and their leave."""

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.schemas import Answer, Time, View
from app.domain.accounts import Role
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services, subject


class User(Answer):
    """An account."""

    user_id: str
    created_at: Time


class RatingView(View):
    """One rating in a list."""

    item_id: str
    rating: float
    rated_at: Time | None


class RatingsAnswer(Answer):
    """A shopper's ratings, newest first."""

    user_id: str
    ratings: list[RatingView]


class DeleteUserAnswer(Answer):
    """What was removed."""

    user_id: str
    ratings_removed: int
    events_removed: int
    sessions_removed: int = Field(description="That had become the shopper's.")
    account_removed: bool = Field(description="false: there was none.")


bp = APIBlueprint("users", __name__, tag="Shoppers")


@bp.get("/users/<id:user_id>")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.output(User)
def get(user_id: str) -> Response:
    """Read an account. A shopper says `me`."""
    account = services().accounts.get(subject(user_id))
    return success(user_id=account.user_id, created_at=account.created_at)


@bp.get("/users/<id:user_id>/ratings")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.output(RatingsAnswer)
def ratings(user_id: str) -> Response:
    """List a shopper's ratings, newest first. A shopper says `me`."""
    who = subject(user_id)
    found = services().ratings.of_user(who)
    rows = [{"item_id": r.item_id, "rating": r.rating, "rated_at": r.rated_at} for r in found]
    return success(user_id=who, ratings=rows)


@bp.delete("/users/<id:user_id>")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.output(DeleteUserAnswer)
def delete(user_id: str) -> Response:
    """Remove a shopper, with an account or without, and everything that is kept of it.

    That is ratings, events, and the sessions that became the shopper's. A shopper says `me`.
    """
    who = subject(user_id)
    written = services().deletions.delete_user(who)
    removed = written.value
    return stored(
        written.position,
        user_id=who,
        ratings_removed=removed.swept.ratings,
        events_removed=removed.swept.events,
        sessions_removed=removed.swept.sessions,
        account_removed=removed.account,
    )
