"""Every request's dealings with the database have a deadline and a limited number of places."""

from collections.abc import Callable, Iterable
from typing import Any

from app.http.paths import Environ, WsgiApp
from app.services.gate import Gate, visiting


class Visits:
    """Middleware under which a request goes to the database through the shop's gate."""

    def __init__(self, app: WsgiApp, gate: Callable[[], Gate]) -> None:
        """`gate` is asked at the first need: most requests are answered from memory."""
        self._app = app
        self._gate = gate

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer; what is streamed afterwards is no part of the visit."""
        with visiting(self._gate):
            return self._app(environ, start_response)
