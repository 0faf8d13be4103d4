"""The windows that a query may name, as the spans of the activity."""

from app.domain.recommendations import Window
from app.engine.tables.activity import DAY_MS, DAYS, Span

SPANS = {
    Window.DAY: Span.DAY,
    Window.WEEK: Span.WEEK,
    Window.MONTH: Span.MONTH,
    Window.ALL: Span.ALL,
}


def begin(window: Window, now: int) -> int:
    """Return when a window that ends `now` began, in ms since 1970."""
    days = DAYS.get(SPANS[window])
    return 0 if days is None else now - days * DAY_MS
