"""What a stored rating says, for those who load and those who follow alike."""

from datetime import datetime
from math import isfinite

from app.domain.ratings import Rating
from app.repositories.mongo import Document


def to_rating(row: Document) -> Rating:
    """Return the domain object of a stored document, or raise KeyError, TypeError or ValueError."""
    user_id, item_id, value = row["_id"]["user_id"], row["_id"]["item_id"], row["rating"]
    if not (isinstance(user_id, str) and isinstance(item_id, str)):
        raise TypeError(f"ids are texts: {row['_id']}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError(f"a rating is a finite number: {value!r}")
    rated_at = row.get("rated_at")
    # beyond the years that Python knows the driver gives something else
    return Rating(
        user_id, item_id, float(value), rated_at if isinstance(rated_at, datetime) else None
    )
