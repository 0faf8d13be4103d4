"""Events: what shoppers do, one or many at a time."""

from collections import Counter
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app.api.schemas.events import (
    EventBody,
    EventsAnswer,
    EventsBody,
    EventsQuery,
    RefusedLine,
)
from app.domain.accounts import Role
from app.domain.errors import AppError
from app.domain.events import Event
from app.http.access import allow
from app.http.answers import stored
from app.http.caller import caller, services, who
from app.http.errors import described
from app.http.parsing import Invalid
from app.services.events import Outcome, new_event_id

bp = APIBlueprint("events", __name__, tag="Events")


@bp.post("/events")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.BROWSER, errors=(404, 409, 413, 415), key_in_query=True)
@bp.input(EventsQuery, location="query")
@bp.input(EventsBody, location="json")
@bp.output(EventsAnswer)
def record(query_data: EventsQuery, json_data: EventsBody) -> Response:
    """Take in what a shopper or an anonymous session did; the next list counts it.

    Of a list, each line is answered for itself: what is sound is stored, whatever the others are.
    One event by itself is stored or refused with its error. JSON may come as `text/plain`, as
    `navigator.sendBeacon` sends it.
    """
    read = [_read(line) for line in json_data.lines]
    sound = [event for event in read if isinstance(event, Event)]
    needs_account = caller().role is Role.SHOPPER
    written = services().events.record(sound, needs_account=needs_account)
    outcomes = iter(written.value)
    results: list[Outcome | AppError] = [
        next(outcomes) if isinstance(event, Event) else event for event in read
    ]
    if json_data.is_one:
        _raise_if_refused(results[0])
    lines = [_line(result) for result in results]
    counts = Counter(line["outcome"] for line in lines)
    return stored(
        written.position,
        stored=counts["stored"],
        repeated=counts["repeated"],
        refused=counts["refused"],
        events=lines,
    )


def _read(line: EventBody | RefusedLine) -> Event | AppError:
    if isinstance(line, RefusedLine):
        return Invalid("Some values are not allowed.", **line.detail)
    try:
        subject = who(line.user_id, line.session_id)
        return line.to_event(subject, services().events.now(), new_event_id())
    except AppError as error:
        return error


def _raise_if_refused(result: Outcome | AppError) -> None:
    error = result if isinstance(result, AppError) else result.error
    if error is not None:
        raise error


def _line(result: Outcome | AppError) -> dict[str, Any]:
    if isinstance(result, AppError):
        return {"event_id": None, **_refusal(result)}
    event_id = result.event.key.event_id
    if result.error is not None:
        return {"event_id": event_id, **_refusal(result.error)}
    return {"event_id": event_id, "outcome": "repeated" if result.repeated else "stored"}


def _refusal(error: AppError) -> dict[str, Any]:
    told = described(error)
    return {
        "outcome": "refused",
        "code": told["code"],
        "message": told["message"],
        "detail": error.detail,
    }
