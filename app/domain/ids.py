"""What an outside id may look like."""

from app.domain.errors import InvalidInput

MAX_ID_LENGTH = 128
ID_RULE = f"must be 1 to {MAX_ID_LENGTH} printable characters"


def is_id(text: object) -> bool:
    """Return whether `text` is a printable string of 1 to 128 characters ("/" included)."""
    return isinstance(text, str) and 0 < len(text) <= MAX_ID_LENGTH and text.isprintable()


def check_id(text: object, field: str) -> str:
    """Return `text`, or raise InvalidInput naming `field`."""
    if isinstance(text, str) and is_id(text):
        return text
    raise InvalidInput(field, ID_RULE)


def is_text(text: str) -> bool:
    """Return whether `text` can be stored and sent as UTF-8: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
