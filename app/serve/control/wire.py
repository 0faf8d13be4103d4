"""What goes over a socket: one JSON object in a line."""

import socket
import time
from typing import Any

import orjson

MAX_LINE_BYTES = 64 * 1024


def encode(message: dict[str, Any]) -> bytes:
    """Return the line that carries an object; raise TypeError where JSON has no words for it."""
    return orjson.dumps(message) + b"\n"


def receive(connection: socket.socket, *, seconds: float) -> dict[str, Any]:
    """Return the next object.

    Raises ValueError, with words, for a line that is too long or no JSON object, TimeoutError when
    it is not there in time, and another OSError when the other side hangs up.
    """
    message = _parse(_line(connection, time.monotonic() + seconds))
    if not isinstance(message, dict):
        raise ValueError("The line is no JSON object.")
    return message


def _line(connection: socket.socket, deadline: float) -> bytes:
    received = b""
    while True:
        line, end, _ = received.partition(b"\n")
        if len(line) > MAX_LINE_BYTES:
            raise ValueError(f"The line is longer than {MAX_LINE_BYTES} bytes.")
        if end:
            return line
        received += _more(connection, deadline)


def _more(connection: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("nothing was said in time")
    connection.settimeout(left)
    more = connection.recv(MAX_LINE_BYTES)
    if not more:
        raise ConnectionAbortedError("hung up")
    return more


def _parse(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ValueError("The line is no JSON.") from None
