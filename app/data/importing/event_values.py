"""Cells of event files to the values of the domain; InvalidInput says what is wrong."""

from typing import Any

from app.data.importing.values import to_id, to_number, to_text
from app.domain import subjects
from app.domain.catalogue import MAX_PRICE
from app.domain.errors import InvalidInput
from app.domain.events import MAX_QUANTITY
from app.domain.ids import check_id, is_text

_WHOLE = f"must be a whole number from 1 to {MAX_QUANTITY:,}, or as many below 0"


def to_shopper(value: Any) -> str | None:
    """Return a shopper's id; None for an empty cell."""
    return None if to_text(value, "user_id") is None else to_id(value, "user_id")


def to_session(value: Any) -> str | None:
    """Return the subject of an anonymous session; None for an empty cell."""
    text = to_text(value, "session_id")
    return None if text is None else subjects.of_session(subjects.check_session_id(text))


def to_item(value: Any) -> str | None:
    """Return an item's id; None for an empty cell."""
    return None if to_text(value, "item_id") is None else to_id(value, "item_id")


def to_order(value: Any) -> str | None:
    """Return an order's id, also from a number; None for an empty cell."""
    text = to_text(value, "order_id")
    return None if text is None else check_id(text, "order_id")


def to_event_id(value: Any) -> str | None:
    """Return an event's id, also from a number; None for an empty cell."""
    text = to_text(value, "event_id")
    return None if text is None else check_id(text, "event_id")


def to_quantity(value: Any) -> int | None:
    """Return how many; None for an empty cell. What came back is often written below 0."""
    if to_text(value, "quantity") is None:
        return None
    number = abs(to_number(value, "quantity"))
    if number.is_integer() and 1 <= number <= MAX_QUANTITY:
        return int(number)
    raise InvalidInput("quantity", _WHOLE)


def to_price(value: Any) -> float | None:
    """Return the price of one unit; None for an empty cell."""
    if to_text(value, "price") is None:
        return None
    price = to_number(value, "price")
    if 0 <= price <= MAX_PRICE:  # NaN fails too
        return price
    raise InvalidInput("price", f"must be a number from 0 to {MAX_PRICE:.0f}")


def to_words(value: Any, field: str, most: int) -> str | None:
    """Return text of at most `most` characters; None for an empty cell."""
    text = to_text(value, field)
    if text is None:
        return None
    if len(text) > most or not is_text(text):
        raise InvalidInput(field, f"must be text of at most {most} characters")
    return text
