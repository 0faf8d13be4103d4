"""The columns of a batch as values. Each distinct cell is read once: files repeat themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from app.data.importing.values import to_id, to_number, to_text, to_time
from app.domain import subjects
from app.domain.catalogue import MAX_PRICE
from app.domain.errors import InvalidInput
from app.domain.events import MAX_PAGE, MAX_QUANTITY, MAX_QUERY, MAX_WORD
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


Convert = Callable[[Any], Any]
CONTEXT = {"page": MAX_PAGE, "device": MAX_WORD, "placement": MAX_WORD, "country": MAX_WORD,
           "recommendation_id": MAX_WORD}  # fmt: skip
"""Fields of an event's context, in order, and how many characters each may have."""
PLAIN: Mapping[str, Convert] = {
    "user_id": to_shopper,
    "session_id": to_session,
    "item_id": to_item,
    "quantity": to_quantity,
    "price": to_price,
    "order_id": to_order,
    "event_id": to_event_id,
    "query": partial(to_words, field="query", most=MAX_QUERY),
    **{name: partial(to_words, field=name, most=most) for name, most in CONTEXT.items()},
}
"""How the cells of a field are read, where that needs no more than the cell."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(seconds=60)


class Column(NamedTuple):
    """The values of some rows, and what is wrong with those that have none, by place."""

    values: list[Any]
    faults: Mapping[int, InvalidInput]


class When(NamedTuple):
    """When something happened."""

    said: float | None
    """In the file, in Unix seconds, whatever it is moved by; None where it says nothing."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """Reads times: none is from before 1970 or the future."""

    now: datetime
    shift: timedelta
    """What those that are said are moved by."""
    otherwise: datetime
    """Of rows that say none."""

    def __call__(self, cell: Any) -> When:
        """Return the time of a cell, to the millisecond, or raise InvalidInput."""
        said = to_time(cell, "timestamp")
        if said is None:
            return When(None, self.otherwise)
        at = said + self.shift
        if at > self.now + _CLOCK_SLACK:
            raise InvalidInput("timestamp", "lies in the future")
        if at < _FIRST:
            raise InvalidInput("timestamp", "lies before 1970")
        if at.microsecond:  # of which MongoDB keeps milliseconds
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        return When(said.timestamp(), at)


def read_column(cells: Sequence[Any], convert: Convert) -> Column:
    """Return what the cells say."""
    if set(map(type, cells)) - {str, type(None)}:
        results = [_attempt(cell, convert) for cell in cells]  # 1, 1.0 and True would be one cell
        failed = [r for r in results if isinstance(r, InvalidInput)]
    else:
        by_cell = {cell: _attempt(cell, convert) for cell in set(cells)}
        failed = [r for r in by_cell.values() if isinstance(r, InvalidInput)]
        results = [by_cell[cell] for cell in cells]
    if not failed:
        return Column(results, {})
    return Column(
        results, {at: found for at, found in enumerate(results) if isinstance(found, InvalidInput)}
    )


def _attempt(cell: Any, convert: Convert) -> Any:
    try:
        return convert(cell)
    except InvalidInput as error:
        return error
