"""Anonymous sessions: their leave."""

from apiflask import APIBlueprint
from flask import Response

from app.api.schemas import Answer
from app.domain.accounts import Role
from app.http.access import allow
from app.http.answers import stored
from app.http.caller import services


class DeleteSessionAnswer(Answer):
    """What was removed."""

    session_id: str
    events_removed: int


bp = APIBlueprint("sessions", __name__, tag="Shoppers")


@bp.delete("/sessions/<id:session_id>")
@allow(Role.STOREFRONT, Role.BROWSER, Role.ADMIN, errors=(404,))
@bp.output(DeleteSessionAnswer)
def delete(session_id: str) -> Response:
    """Remove what was done in an anonymous session. A browser key may, for any it knows the id of.

    What was done in a session that became a shopper's goes with the shopper.
    """
    written = services().deletions.delete_session(session_id)
    return stored(
        written.position, session_id=session_id, events_removed=written.value.swept.events
    )
