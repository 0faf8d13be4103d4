"""The id, the count and the log line of every request."""

import random
import re
import time
from functools import cache, partial
from typing import Any, cast

import structlog
from flask import Flask, Request, Response, g, request
from prometheus_client import Counter, Histogram


def new_id() -> str:
    """Return 16 random hexadecimal digits. No secret, so the system need not be asked for them.

    Asking it lets go of the interpreter's lock, and costs a turn when threads are waiting.
    """
    return f"{random.getrandbits(64):016x}"


_SECONDS = Histogram(
    "shelfwise_request_seconds",
    "Time to answer, by route",
    ["method", "route"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_ANSWERS = Counter("shelfwise_answers_total", "Answers by route and status", ["route", "status"])


def count(request: Request, status: int, seconds: float) -> None:
    rule = request.url_rule
    # a caller may make up as many paths and methods as it likes: they are counted as one
    method, route = (request.method, rule.rule) if rule else ("none", "none")
    timer, counter = _meters(method, route, status)
    timer.observe(seconds)
    counter.inc()


@cache  # routes, methods and statuses are few; looking labels up costs more than counting
def _meters(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    return _SECONDS.labels(method, route), _ANSWERS.labels(route, status)


HEADER = "X-Request-Id"
_ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    log = structlog.get_logger("app.request").bind()  # a lazy one would be bound for every line
    app.before_request(_begin)
    app.after_request(partial(_end, log))


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get(HEADER)
    g.request_id = given if given and _ALLOWED.fullmatch(given) else new_id()


def _plain(proxy: Request) -> Request:
    """Return the request behind the proxy, which is looked up anew at each attribute."""
    return cast(Request, cast(Any, proxy)._get_current_object())


def _end(log: Any, response: Response) -> Response:
    # one function for all that every answer gets: each hook costs a call through Flask
    this, seconds = _plain(request), time.perf_counter() - g.started
    response.headers[HEADER] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    count(this, response.status_code, seconds)
    level = log.debug if this.path.startswith("/health/") else log.info
    level(  # no body, no query, no header
        "request",
        request_id=g.request_id,
        method=this.method,
        path=this.path,
        status=response.status_code,
        ms=round(seconds * 1000, 2),
    )
    return response
