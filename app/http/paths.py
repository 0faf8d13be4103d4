"""Ids in paths: one percent-encoded segment each, whatever they hold.

WSGI hands over a decoded path, in which an encoded slash looks like a separator. So the raw path
is routed instead, still encoded, and the converter decodes each id by itself.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from app.domain.ids import is_id

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class RawPaths:
    """Middleware that routes by the path as it was sent."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Put the undecoded path into the environment, if the server gives it."""
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        if raw:
            environ["PATH_INFO"] = _path_in(raw, environ.get("SCRIPT_NAME", ""))
        return self._app(environ, start_response)


class IdConverter(BaseConverter):
    """`<id:item_id>`: any printable id of up to 128 characters, percent-encoded."""

    regex = "[^/]+"
    part_isolating = True

    def to_python(self, value: str) -> str:
        """Decode one segment; what is not an id is no path of ours."""
        try:
            text = unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise NotFound from error
        if not is_id(text):
            raise NotFound  # a ValidationError would be answered 405, by the other methods' routes
        return text

    def to_url(self, value: str) -> str:
        """Encode an id as one segment."""
        return quote(value, safe="")


def _path_in(raw: str, script_name: str) -> str:
    path = raw.partition("?")[0]
    if not path.startswith("/"):  # the absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    if script_name and path.startswith(script_name):
        path = path[len(script_name) :]
    return path
