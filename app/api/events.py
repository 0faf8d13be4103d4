"""Events: what shoppers do, one or many at a time."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    RootModel,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.api.schemas import Answer, Id, SessionId, Text, View, one_or_many
from app.domain.accounts import Role
from app.domain.errors import AppError
from app.domain.events import (
    MAX_EVENTS,
    MAX_PAGE,
    MAX_QUANTITY,
    MAX_QUERY,
    MAX_WORD,
    NO_CONTEXT,
    Event,
    EventContext,
    EventKey,
)
from app.http.access import allow
from app.http.answers import stored
from app.http.caller import caller, services, who
from app.http.errors import described
from app.http.parsing import Input, Invalid, faults_of
from app.services.events import Outcome, new_event_id


def _to_utc(at: datetime | float) -> datetime:
    try:
        if not isinstance(at, datetime):
            at = datetime.fromtimestamp(at, UTC)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("must be a time: ISO 8601 or Unix seconds") from None
    # MongoDB keeps milliseconds
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


_Time = Annotated[datetime | float, AfterValidator(_to_utc)]
_Word = Annotated[Text, Field(min_length=1, max_length=MAX_WORD)]


class EventContextBody(Input):
    """Where it happened."""

    page: Annotated[Text | None, Field(max_length=MAX_PAGE)] = None
    device: _Word | None = None
    placement: _Word | None = None
    country: _Word | None = None
    recommendation_id: _Word | None = None

    def to_context(self) -> EventContext:
        return EventContext(**dict(self))


class EventBody(Input):
    """One thing that a shopper or an anonymous session did."""

    kind: Annotated[
        str,
        Field(
            min_length=1,
            max_length=40,
            description="view, search, cart_add, cart_remove, purchase, favourite, like, dislike, "
            "share, return, or one that the shop's settings give a weight.",
        ),
    ]
    item_id: Annotated[Id | None, Field(description="Of a search: the result clicked.")] = None
    user_id: Annotated[Id | None, Field(description="With a storefront key.")] = None
    session_id: Annotated[
        SessionId | None, Field(description="With a browser or storefront key.")
    ] = None
    event_id: Annotated[
        Id | None,
        Field(description="Yours, of this shopper's: sent again, it is stored once."),
    ] = None
    at: Annotated[
        _Time | None,
        Field(description="ISO 8601 or Unix seconds; now if absent. No zone means UTC."),
    ] = None
    quantity: Annotated[int | None, Field(ge=1, le=MAX_QUANTITY)] = None
    price: Annotated[float | None, Field(ge=0, le=1e9, description="Of one unit.")] = None
    order_id: Annotated[Id | None, Field(description="What was bought together.")] = None
    query: Annotated[Text | None, Field(max_length=MAX_QUERY, description="Of a search.")] = None
    context: EventContextBody | None = None

    def to_event(self, subject: str, now: datetime, new_id: str) -> Event:
        """Return the domain's event; `new_id` is for one that came without."""
        return Event(
            EventKey(subject, self.event_id or new_id),
            self.kind,
            self.item_id,
            self.at if isinstance(self.at, datetime) else now,
            now,
            self.quantity,
            self.price,
            self.order_id,
            self.query,
            NO_CONTEXT if self.context is None else self.context.to_context(),
        )


class RefusedLine(BaseModel):
    """A line that cannot be read, and why."""

    detail: dict[str, list[str]]


def _each(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    # one bad line must not take the others with it
    try:
        return read(value)
    except ValidationError as error:
        return RefusedLine(detail=faults_of(error))


_Line = Annotated[EventBody, WrapValidator(_each)]


class EventsBody(
    RootModel[
        Annotated[
            Annotated[EventBody, Tag("one")]
            | Annotated[
                Annotated[list[_Line], Field(min_length=1, max_length=MAX_EVENTS)], Tag("many")
            ],
            Discriminator(one_or_many),
        ]
    ]
):
    """One event, or a list of up to 1,000."""

    max_bytes: ClassVar[int] = 2 * 1024 * 1024
    query_names: ClassVar[tuple[str, ...]] = ("api_key",)
    plain_text: ClassVar[bool] = True

    @property
    def is_one(self) -> bool:
        return isinstance(self.root, EventBody)

    @property
    def lines(self) -> list[EventBody | RefusedLine]:
        return list(self.root) if isinstance(self.root, list) else [self.root]


class EventsQuery(Input):
    """For `navigator.sendBeacon`, which sends no headers."""

    api_key: Annotated[str | None, Field(description="A browser key; no other.")] = None


class EventOutcome(View):
    """What became of one line."""

    event_id: str | None
    outcome: Literal["stored", "repeated", "refused"] = Field(
        description="`repeated`: an event of this id was there already, and stays as it is."
    )
    code: str | None = None
    message: str | None = None
    detail: dict[str, Any] | None = None


class EventsAnswer(Answer):
    """How many lines were stored, and what became of each, in the order sent."""

    stored: int
    repeated: int
    refused: int
    events: list[EventOutcome]


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
