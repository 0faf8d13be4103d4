"""Streams over HTTP."""

from typing import Annotated, ClassVar

from pydantic import Field

from app.api.schemas.common import Answer
from app.api.schemas.recommendations import ListOptions, Session, UserId
from app.http.parsing import Input


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
