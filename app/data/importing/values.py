"""Cells of any file kind as values of the domain; None for an empty cell where it may be empty."""

from datetime import UTC, date, datetime
from typing import Any

import orjson

from app.domain import subjects
from app.domain.catalogue import MAX_PRICE
from app.domain.errors import InvalidInput
from app.domain.events import MAX_QUANTITY
from app.domain.ids import check_id, is_text

_TRUE = {"true", "t", "yes", "y", "1", "in stock", "in_stock"}
_FALSE = {"false", "f", "no", "n", "0", "out of stock", "out_of_stock"}


def to_id(value: Any, field: str) -> str:
    """Return an id as text: `007` stays, the number 7 becomes `7`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return check_id(value, field)


def to_number(value: Any, field: str) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidInput(field, "must be a number")


def to_time(value: Any, field: str) -> datetime | None:
    """Return a time from ISO 8601 or Unix seconds. No zone means UTC."""
    if value is None or value == "" or value != value:  # the last: NaN, how pandas says empty
        return None
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return _from_iso(value, field)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        hint = "; these look like milliseconds" if 1e11 < seconds < 1e14 else ""
        raise InvalidInput(field, f"must be ISO 8601 or Unix seconds{hint}") from error


def to_text(value: Any, field: str) -> str | None:
    if value is None or value == "" or value != value:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    raise InvalidInput(field, "must be text")


def to_category(value: Any, field: str) -> str | None:
    """Return levels joined by `|`, also from a list of levels."""
    if isinstance(value, list):
        return "|".join(to_text(level, field) or "" for level in value) or None
    return to_text(value, field)


def to_flag(value: Any, field: str, *, default: bool) -> bool:
    if value is None or value == "":
        return default
    word = str(value).strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise InvalidInput(field, "must be true or false, yes or no, 1 or 0")


def to_tags(value: Any, field: str) -> tuple[str, ...]:
    """Return tags from a list, a JSON list, or text split at `|`, or else at `,`."""
    if isinstance(value, str) and value.startswith("["):
        value = _from_json(value, default=value)
    if isinstance(value, list):
        texts = [to_text(tag, field) for tag in value]
    else:
        text = to_text(value, field) or ""
        texts = [tag.strip() for tag in text.split("|" if "|" in text else ",")]
    return tuple(dict.fromkeys(tag for tag in texts if tag))


def to_features(value: Any, field: str) -> tuple[float, ...] | None:
    """Return an item's own vector from a list or a JSON list."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _from_json(value, default=None)
    if not isinstance(value, list):
        raise InvalidInput(field, "must be a JSON list of numbers")
    return tuple(to_number(number, field) for number in value)


def to_vectors(value: Any, field: str) -> dict[str, tuple[float, ...]]:
    entries = to_attributes(value, field)
    vectors = {name: to_features(each, f"{field}.{name}") for name, each in entries.items()}
    return {name: vector for name, vector in vectors.items() if vector is not None}


def to_attributes(value: Any, field: str) -> dict[str, Any]:
    """Return an object, also from JSON, unchecked and without its nulls: there is no such."""
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        value = _from_json(value, default=None)
    if not isinstance(value, dict):
        raise InvalidInput(field, "must be a JSON object")
    return {name: each for name, each in value.items() if each is not None}


def to_optional_id(value: Any, field: str) -> str | None:
    return None if to_text(value, field) is None else to_id(value, field)


def to_reference(value: Any, field: str) -> str | None:
    """Return the id of an order or event, also from any number."""
    text = to_text(value, field)
    return None if text is None else check_id(text, field)


def to_session(value: Any) -> str | None:
    """Return the subject of an anonymous session."""
    text = to_text(value, "session_id")
    return None if text is None else subjects.of_session(subjects.check_session_id(text))


def to_quantity(value: Any) -> int | None:
    """Return how many; what came back is often written below 0."""
    if to_text(value, "quantity") is None:
        return None
    number = abs(to_number(value, "quantity"))
    if number.is_integer() and 1 <= number <= MAX_QUANTITY:
        return int(number)
    raise InvalidInput(
        "quantity", f"must be a whole number from 1 to {MAX_QUANTITY:,}, or as many below 0"
    )


def to_price(value: Any) -> float | None:
    if to_text(value, "price") is None:
        return None
    price = to_number(value, "price")
    if 0 <= price <= MAX_PRICE:  # NaN fails too
        return price
    raise InvalidInput("price", f"must be a number from 0 to {MAX_PRICE:.0f}")


def to_words(value: Any, field: str, most: int) -> str | None:
    text = to_text(value, field)
    if text is None:
        return None
    if len(text) > most or not is_text(text):
        raise InvalidInput(field, f"must be text of at most {most} characters")
    return text


def _from_json(text: str, *, default: Any) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return default


def _from_iso(value: Any, field: str) -> datetime:
    try:
        return _in_utc(datetime.fromisoformat(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(field, "must be ISO 8601 or Unix seconds") from error


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
