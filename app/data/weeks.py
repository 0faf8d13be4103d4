"""Times of the past moved to the present: by whole weeks, so that weekday and hour stay."""

from datetime import datetime, timedelta

WEEK = timedelta(weeks=1)


def weeks_to(now: datetime, last: datetime | None) -> timedelta:
    """Return the whole weeks that bring `last` into the week that ends `now`."""
    return timedelta() if last is None else (now - last) // WEEK * WEEK
