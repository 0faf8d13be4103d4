"""Connections of which we know the worker that answers them."""

import http.client
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.servers import Server

_SECONDS = 30
_KEPT_OPEN = 30  # connections made to find every worker: the kernel chooses who accepts one


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: Any


class Connection:
    """One open connection; the same worker answers all its requests."""

    def __init__(self, server: Server) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_SECONDS)
        self._http.connect()
        self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> Answer:
        """Send a request and return the answer."""
        data = None if body is None else orjson.dumps(body)
        if data is not None:
            headers = headers | {"Content-Type": "application/json"}
        self._http.request(method, path, data, headers)
        response = self._http.getresponse()
        return Answer(response.status, response.headers, orjson.loads(response.read()))

    def worker(self, candidates: list[int]) -> int | None:
        """Return which process holds the other end; ask only after an answer."""
        here, there = self._http.sock.getsockname()[1], self._http.sock.getpeername()[1]
        link = _socket_of(there, here)
        return next((pid for pid in candidates if link in _open_files(pid)), None)

    def close(self) -> None:
        """Let go."""
        self._http.close()


def ready(server: Server) -> set[int]:
    """Return the workers that answered that they are ready, as far as a few tries find them."""
    found, connections = set(), []
    with suppress(OSError, http.client.HTTPException):
        workers = server.workers()
        for _ in range(_KEPT_OPEN):
            connections.append(Connection(server))
            answer = connections[-1].call("GET", "/health/ready", {})
            if answer.status == 200:
                found.add(connections[-1].worker(workers))
            if found >= set(workers):
                break
    for connection in connections:
        connection.close()
    return {pid for pid in found if pid is not None}


def pinned(server: Server, count: int) -> dict[int, list[Connection]]:
    """Open `count` connections to every worker; raise TimeoutError if one accepts too few."""
    workers = server.workers()
    found: dict[int, list[Connection]] = {pid: [] for pid in workers}
    deadline = time.monotonic() + _SECONDS
    while any(len(connections) < count for connections in found.values()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"a worker does not accept: {found}")
        connection = Connection(server)
        connection.call("GET", "/health/live", {})
        pid = connection.worker(workers)
        if pid is None or len(found[pid]) >= count:
            connection.close()
        else:
            found[pid].append(connection)
    return found


def _socket_of(local: int, remote: int) -> str:
    """Return the kernel's name of a connection on this machine, by its ports."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = tuple(int(address.rpartition(":")[2], 16) for address in fields[1:3])
        if ports == (local, remote):
            return f"socket:[{fields[9]}]"
    return ""


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.add(os.readlink(entry.path))
    return found
