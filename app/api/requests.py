"""Each request gets an id and leaves one line in the log, without bodies, queries or headers."""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("app.request")

HEADER = "X-Request-Id"
_ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    """Begin and end every request here."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get(HEADER, "")
    g.request_id = given if _ALLOWED.fullmatch(given) else secrets.token_hex(8)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    level = log.debug if request.path.startswith("/health/") else log.info
    level(
        "request",
        request_id=g.request_id,
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - g.started) * 1000, 2),
    )
    return response
