"""Everything that is kept of a shopper, a line of JSON each."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from apiflask import APIBlueprint
from apiflask.schemas import FileSchema
from flask import Response

from app.data.exporting import EVENT_COLUMNS, RATING_COLUMNS, event_row, rating_row
from app.domain.accounts import Account, Role
from app.domain.events import Event
from app.domain.profiles import SubjectProfile
from app.domain.ratings import Rating
from app.domain.recommendations import Query
from app.domain.subjects import Claim
from app.http import caller
from app.http.access import allow
from app.http.answers import JSON_LINES, encoded, json_lines
from app.http.caller import services
from app.http.errors import described

bp = APIBlueprint("records", __name__, tag="Shoppers")


@bp.get("/users/<id:user_id>/export")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.output(
    FileSchema(type="string"),
    content_type=JSON_LINES,
    description="A line for each thing, with its `type`: `account`, `rating`, `event`, `session`, "
    "and at the end `profile`; or `failure`, with `code` and `message`, where it was cut short",
)
def export(user_id: str) -> Response:
    """Give back everything that is kept of a shopper, streamed as JSON lines.

    A shopper says `me`; it needs no account. The lines of events and ratings have the names that
    `flask import` reads.
    """
    who = caller.subject(user_id)
    records = services().records.of(who)
    profile = services().profiles.of(Query(subject=who))
    return json_lines(_lines(records, profile))


def _lines(records: Iterable[Any], profile: SubjectProfile) -> Iterator[bytes]:
    try:
        for record in chain(records, [profile]):
            line = _line_of(record)
            yield encoded({name: line[name] for name in line if line[name] is not None})
    except Exception as error:
        yield encoded({"type": "failure"} | described(error))


def _line_of(record: Any) -> dict[str, Any]:
    match record:
        case Account():
            return {"type": "account", "user_id": record.user_id, "created_at": record.created_at}
        case Rating():
            # an import tells by the kind of event which rows are ratings
            values = dict(zip(RATING_COLUMNS, rating_row(record), strict=True))
            return {"type": "rating", "event": "rating", **values}
        case Event():
            return {"type": "event", **dict(zip(EVENT_COLUMNS, event_row(record), strict=True))}
        case Claim():
            told = {"user_id": record.user_id, "session_id": record.session_id}
            return {"type": "session", **told, "claimed_at": record.claimed_at}
        case SubjectProfile():
            return {"type": "profile", **{name: getattr(record, name) for name in record.__slots__}}
    raise TypeError(f"no line tells of {type(record).__name__}")
