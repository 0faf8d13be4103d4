"""Where somebody looks, as queries and bodies say it."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.common import Text
from app.domain.events import MAX_WORD, NO_CONTEXT, EventContext
from app.http.parsing import Input


class Where(Input):
    """The device and the country, in the same words as in events."""

    device: Annotated[
        Text | None, Field(min_length=1, max_length=MAX_WORD, description="As in events.")
    ] = None
    country: Annotated[
        Text | None, Field(min_length=1, max_length=MAX_WORD, description="As in events.")
    ] = None

    def to_context(self) -> EventContext:
        """Return the domain's object."""
        if self.device is None and self.country is None:
            return NO_CONTEXT
        return EventContext(device=self.device, country=self.country)
