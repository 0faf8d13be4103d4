"""What is known of a shopper or an anonymous session."""

from apiflask import APIBlueprint
from flask import Response

from app.api.lists import named
from app.api.schemas.profiles import ProfileAnswer
from app.domain.accounts import Role
from app.domain.recommendations import Query
from app.http import caller
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services

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
