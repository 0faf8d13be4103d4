"""Everything that is kept of a shopper, a line of JSON each."""

from collections.abc import Iterable, Iterator
from functools import singledispatch
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
Line = dict[str, Any]


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
            line = line_of(record)
            yield encoded({name: line[name] for name in line if line[name] is not None})
    except Exception as error:
        yield encoded({"type": "failure"} | described(error))


@singledispatch
def line_of(record: Any) -> Line:
    raise TypeError(f"no line tells of {type(record).__name__}")


@line_of.register
def _(record: Account) -> Line:
    return {"type": "account", "user_id": record.user_id, "created_at": record.created_at}


@line_of.register
def _(record: Rating) -> Line:
    # an import tells by the kind of event which rows are ratings
    values = dict(zip(RATING_COLUMNS, rating_row(record), strict=True))
    return {"type": "rating", "event": "rating", **values}


@line_of.register
def _(record: Event) -> Line:
    return {"type": "event", **dict(zip(EVENT_COLUMNS, event_row(record), strict=True))}


@line_of.register
def _(record: Claim) -> Line:
    return {
        "type": "session",
        "user_id": record.user_id,
        "session_id": record.session_id,
        "claimed_at": record.claimed_at,
    }


@line_of.register
def _(record: SubjectProfile) -> Line:
    return {"type": "profile", **{name: getattr(record, name) for name in record.__slots__}}
