"""What every request gets: an id, a count, and a line in the log.

The line holds no body, query or header.
"""

import re
import time
from functools import partial
from typing import Any, cast

import structlog
from flask import Flask, Request, Response, g, request

from app.http import metrics
from app.http.ids import new_id

HEADER = "X-Request-Id"
_ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    """Begin and end every request here."""
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
    metrics.count(this, response.status_code, seconds)
    level = log.debug if this.path.startswith("/health/") else log.info
    level(
        "request",
        request_id=g.request_id,
        method=this.method,
        path=this.path,
        status=response.status_code,
        ms=round(seconds * 1000, 2),
    )
    return response
