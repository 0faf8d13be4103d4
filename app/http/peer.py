"""Who is at the other end of a long answer: a client that went away or stands still ends it."""

import select
import socket
from contextlib import suppress

from app.http.paths import Environ

_SEND_SECONDS = 10.0
_SILENT_MILLISECONDS = 30_000


class Peer:
    """The client of a request, where the server hands over its connection (gunicorn does)."""

    def __init__(self, environ: Environ) -> None:
        self._socket: socket.socket | None = environ.get("gunicorn.socket")

    def limit(self) -> None:
        """Give the client up when it takes nothing for ten seconds, or is silent for thirty."""
        if self._socket is None:
            return
        self._socket.settimeout(_SEND_SECONDS)
        with suppress(OSError, AttributeError):  # Linux has it, for TCP
            # a client whose network is gone says nothing: unanswered bytes alone tell of it
            self._socket.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MILLISECONDS
            )

    def is_there(self) -> bool:
        """Return whether the client is still connected, as far as this machine can know."""
        if self._socket is None:
            return True
        try:
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return not poll.poll(0) or self._socket.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False
        except ValueError:  # encrypted by the server itself: nothing can be seen
            return True

    def hang_up(self) -> None:
        """Close both ways, so that the server need not wait for the client to do so."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
