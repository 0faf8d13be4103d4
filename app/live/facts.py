"""Events of the domain as the engine's history takes them."""

from datetime import datetime
from math import nan

from app.domain.events import Event
from app.engine.tables.event_record import Fact


def to_fact(event: Event) -> Fact:
    return Fact(
        event.key.event_id,
        event.kind,
        to_ms(event.at),
        1 if event.quantity is None else event.quantity,
        nan if event.price is None else event.price,
        event.order_id,
        event.context.device or "",
        event.context.country or "",
    )


def to_ms(at: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return round(at.timestamp() * 1000)
