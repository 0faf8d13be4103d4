"""Answers: one shape of success, and the freshness token of what was written."""

from collections.abc import Iterable
from typing import Any

import orjson
from flask import Flask, Response, request
from flask.json.provider import JSONProvider

from app.domain.changes import Position
from app.http.caller import services
from app.http.threads import Peer
from app.live.freshness import Sight

FRESHNESS = "X-Freshness"
JSON_LINES = "application/x-ndjson"
COOKIE = "shelfwise_freshness"
_COOKIE_SECONDS = 60  # no worker is a minute behind; after it the token says nothing
_CLEAR = Sight(True)
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class OrjsonProvider(JSONProvider):
    """Flask's JSON by orjson: dataclasses and datetimes included, UTC written as Z."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj, option=_OPTIONS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


def install(app: Flask) -> None:
    app.json = OrjsonProvider(app)


def encoded(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, option=_OPTIONS)


def answer(body: dict[str, Any]) -> Response:
    return Response(encoded(body), content_type="application/json")


def success(status_code: int = 200, **fields: Any) -> Response:
    """Return `{"status": "success", ...}`."""
    response = answer({"status": "success", **fields})
    response.status_code = status_code
    return response


def json_lines(lines: Iterable[bytes]) -> Response:
    """Stream lines of JSON; a client that takes nothing, or is gone, ends it."""
    Peer(request.environ).limit()
    return Response((line + b"\n" for line in lines), content_type=JSON_LINES)


def stored(position: Position | None, status_code: int = 200, **fields: Any) -> Response:
    """Return a success that carries the freshness token of a write.

    A write that changed nothing gives the caller's own token back.
    """
    response = success(status_code, **fields)
    token = services().freshness.token(position) if position else given_token()
    if token:
        response.headers[FRESHNESS] = token
        response.set_cookie(COOKIE, token, _COOKIE_SECONDS, httponly=True, samesite="Lax")
    return response


def sight_of(user_id: str | None) -> Sight:
    """Wait a moment for what the caller wrote elsewhere; else look what the shopper has rated."""
    token = given_token()
    return services().freshness.sight(token, user_id) if token else _CLEAR


def given_token() -> str:
    if given := request.headers.get(FRESHNESS):
        return given
    # most callers have no cookies: none are looked for then, which costs as much as finding one
    return request.cookies.get(COOKIE, "") if "Cookie" in request.headers else ""
