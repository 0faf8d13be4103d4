"""A shopper's list as server-sent events."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, ClassVar

import structlog
from apiflask import APIBlueprint
from apiflask.schemas import FileSchema
from flask import Response, request
from prometheus_client import Gauge
from pydantic import Field

from app.api.lists import ListOptions, Session, UserId, listed, named
from app.api.schemas import Answer
from app.domain.accounts import Role
from app.domain.errors import NotAuthenticated, TooManyStreams
from app.domain.streams import Beat, End, Event, Grant, Listed, Reason
from app.http.access import allow, by_ticket
from app.http.answers import encoded, given_token, success
from app.http.caller import caller, services, who
from app.http.parsing import Input
from app.http.threads import Peer, step_aside
from app.services.streams import Streams


class TicketBody(Input):
    """Whose list, with a key; a shopper may leave the body out."""

    may_be_left_out: ClassVar[bool] = True

    user_id: UserId = None
    session_id: Session = None


class TicketAnswer(Answer):
    """What opens a stream."""

    user_id: str | None = None
    session_id: str | None = None
    ticket: str
    expires_in: int = Field(description="Seconds in which a stream can be opened.")


class StreamQuery(ListOptions):
    """What opens the stream, and what `GET /recommend` takes."""

    ticket: Annotated[str, Field(description="From `POST /recommend/stream-ticket`.")]
    last_event_id: Annotated[
        str | None,
        Field(description="As the header `Last-Event-ID`, which a page cannot set by itself."),
    ] = None


bp = APIBlueprint("streams", __name__, tag="Recommendations")
log = structlog.get_logger(__name__)

_OPEN = Gauge("shelfwise_streams", "Open streams", multiprocess_mode="livesum")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second is for nginx
_RETRY = b"retry: 2000\n\n"


@bp.post("/recommend/stream-ticket")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.BROWSER, errors=(413, 415))
@bp.input(TicketBody, location="json")
@bp.output(TicketAnswer)
def ticket(json_data: TicketBody) -> Response:
    """Get a ticket that opens a stream. A key says whose, with `user_id` or `session_id`.

    It holds for a minute and for nothing but `GET /recommend/stream`.
    """
    subject, asking = who(json_data.user_id, json_data.session_id), caller()
    grant = Grant(subject, epoch=asking.epoch, key_id=asking.key_id)
    made = services().tickets.issue(grant)
    return success(**named(subject), ticket=made.text, expires_in=made.expires_in)


@bp.get("/recommend/stream")
@by_ticket
@bp.input(StreamQuery, location="query")
@bp.output(
    FileSchema(type="string"),
    content_type="text/event-stream",
    description="Events `recommendation` (as GET /recommend answers; `id` is the list's digest) "
    "and a last one `end` with its `reason`: revoked, stopping, expired or failed",
)
def stream(query_data: StreamQuery) -> Response:
    """Follow a shopper's list: sent at once, and again within about a second of a change.

    `Last-Event-ID` (or `last_event_id`) names the list the client has: it is not sent again.
    """
    shop = services()
    grant = shop.tickets.read(query_data.ticket)
    if not shop.streams.holds(grant):
        raise NotAuthenticated("What this ticket rests on has gone. Log in again.")
    query = query_data.to_query(grant.subject)
    shop.recommendations.settings_for(query)  # its faults are told before anything is sent
    token, peer = given_token(), Peer(request.environ)

    def look() -> dict[str, Any]:
        sight = shop.freshness.sight(token, grant.subject)
        seen_so = query._replace(own=sight.own)
        page = shop.recommendations.shelf("for_you", seen_so)
        said = listed(shop.cursors, "for_you", seen_so, page)
        return {**named(grant.subject), "fresh": sight.fresh, **said}

    seen = request.headers.get("Last-Event-ID") or query_data.last_event_id
    events = shop.streams.follow(grant, look, seen=seen, present=peer.is_there)
    body = _Body(shop.streams, peer, events)
    return Response(body, content_type="text/event-stream", headers=_HEADERS)


class _Body:
    """The open answer: takes a place, or raises TooManyStreams; gives it back when closed."""

    def __init__(self, streams: Streams, peer: Peer, events: Iterator[Event]) -> None:
        streams.enter()
        _OPEN.inc()
        self._leave: list[Callable[[], None]] = [streams.leave, _OPEN.dec, peer.hang_up]
        self._chunks = _chunks(events)
        peer.limit()
        try:
            step_aside()
        except RuntimeError as error:  # the system gives no more threads
            self._leave.remove(peer.hang_up)
            self.close()
            raise TooManyStreams from error

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Give the place back; also where nothing was ever read (HEAD), or the client has gone."""
        while self._leave:
            self._leave.pop()()


def _chunks(events: Iterable[Event]) -> Iterator[bytes]:
    yield _RETRY
    try:
        for event in events:
            yield _chunk(event)
    except Exception:  # the server would log it with the address, and the ticket in it
        log.exception("stream failed")
        yield _chunk(End(Reason.FAILED))


def _chunk(event: Event) -> bytes:
    match event:
        case Listed(content, digest):
            answer = {"status": "success", **content}
            head = f"event: recommendation\nid: {digest}\ndata: ".encode()
            return head + encoded(answer) + b"\n\n"
        case Beat():
            return b":\n\n"
        case End(reason):
            return b"event: end\ndata: " + encoded({"reason": reason}) + b"\n\n"
