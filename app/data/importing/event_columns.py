"""The columns of a batch as values. Each distinct cell is read once: files repeat themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from app.data.importing.event_values import (
    to_event_id,
    to_item,
    to_order,
    to_price,
    to_quantity,
    to_session,
    to_shopper,
    to_words,
)
from app.data.importing.values import to_time
from app.domain.errors import InvalidInput
from app.domain.events import MAX_PAGE, MAX_QUERY, MAX_WORD

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
