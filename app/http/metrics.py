"""Counts and times of answers."""

from functools import cache

from flask import Request
from prometheus_client import Counter, Histogram

_SECONDS = Histogram(
    "shelfwise_request_seconds",
    "Time to answer, by route",
    ["method", "route"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_ANSWERS = Counter("shelfwise_answers_total", "Answers by route and status", ["route", "status"])


def count(request: Request, status: int, seconds: float) -> None:
    """Count an answer and the time it took."""
    rule = request.url_rule
    # a caller may make up as many paths and methods as it likes: they are counted as one
    method, route = (request.method, rule.rule) if rule else ("none", "none")
    timer, counter = _meters(method, route, status)
    timer.observe(seconds)
    counter.inc()


@cache  # routes, methods and statuses are few; looking labels up costs more than counting
def _meters(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    return _SECONDS.labels(method, route), _ANSWERS.labels(route, status)
