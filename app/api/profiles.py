"""What is known of a shopper or an anonymous session."""

from typing import Annotated

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.lists import named
from app.api.schemas import Answer, Time, View
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.http import caller
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services


class ActivityView(View):
    """What was done, of the newest thousand events about items."""

    events: dict[str, int] = Field(description="By kind.")
    last_7_days: int
    last_30_days: int
    last_90_days: int
    active_days: int = Field(description="Days with any event, in the shop's time zone.")
    first_seen: Time | None
    last_seen: Time | None


class PurchasesView(View):
    """What was bought. A purchase without an order id is an order of its own."""

    orders: int
    items: int = Field(description="Quantities included.")
    per_30_days: float = Field(description="Orders in 30 days, since the first purchase.")
    recency_days: float | None = Field(description="Since the last purchase.")
    spent: float = Field(description="Where prices are known.")
    mean_basket: float | None = Field(description="Of the orders with a known price.")


class RatingsView(View):
    """What was rated."""

    count: int
    mean: float | None


class ShareView(View):
    """A category or a brand, and its share of what the shopper prefers."""

    name: str
    share: float


class ProfileAnswer(Answer):
    """A shopper's or a session's features, as of now."""

    user_id: str | None = None
    session_id: str | None = None
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
    activity: ActivityView
    purchases: PurchasesView
    ratings: RatingsView
    categories: list[ShareView] = Field(description="At most five, the largest share first.")
    brands: list[ShareView] = Field(description="At most five, the largest share first.")
    price_level: Annotated[float, Field(ge=0, le=1)] | None = Field(
        description="The median price rank, within its category, of what was bought or viewed: "
        "0 for the cheapest, 1 for the dearest."
    )


bp = APIBlueprint("profiles", __name__, tag="Shoppers")


@bp.get("/users/<id:user_id>/profile")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.output(ProfileAnswer)
def of_user(user_id: str) -> Response:
    """Tell in figures what a shopper did, bought and prefers. A shopper says `me`."""
    return _profile(caller.subject(user_id))


@bp.get("/sessions/<id:session_id>/profile")
@allow(Role.STOREFRONT, errors=(404,))
@bp.output(ProfileAnswer)
def of_session(session_id: str) -> Response:
    """Tell in figures what was done in an anonymous session."""
    return _profile(caller.who(None, session_id))


def _profile(subject: str) -> Response:
    sight = sight_of(subject)
    found = services().profiles.of(Query(subject=subject, own=sight.own))
    parts = {name: getattr(found, name) for name in found.__slots__}
    return success(**named(subject), fresh=sight.fresh, **parts)
