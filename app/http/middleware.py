"""WSGI middleware around the app, and the converter of ids in paths."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from app.domain.ids import is_id
from app.services.gate import Gate, visiting

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Visits:
    """Middleware that gives a request's dealings with the database a deadline and a place.

    What is streamed after the answer has begun is no part of the visit.
    """

    def __init__(self, app: WsgiApp, gate: Callable[[], Gate]) -> None:
        """`gate` is asked at the first need: most requests are answered from memory."""
        self._app = app
        self._gate = gate

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with visiting(self._gate):
            return self._app(environ, start_response)


class RawPaths:
    """Middleware that routes by the path as it was sent.

    WSGI hands over a decoded path, in which an encoded slash looks like a separator. So the raw
    path is routed instead, still encoded, and `IdConverter` decodes each id by itself.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        if raw:
            environ["PATH_INFO"] = _path_in(raw, environ.get("SCRIPT_NAME", ""))
        return self._app(environ, start_response)


def _path_in(raw: str, script_name: str) -> str:
    path = raw.partition("?")[0]
    if not path.startswith("/"):  # the absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    if script_name and path.startswith(script_name):
        path = path[len(script_name) :]
    return path


class IdConverter(BaseConverter):
    """`<id:item_id>`: any printable id of up to 128 characters, percent-encoded."""

    regex = "[^/]+"
    part_isolating = True

    def to_python(self, value: str) -> str:
        try:
            text = unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise NotFound from error
        if not is_id(text):
            raise NotFound  # a ValidationError would be answered 405, by the other methods' routes
        return text

    def to_url(self, value: str) -> str:
        return quote(value, safe="")
