"""The machine beneath the service: ports, processes, what the children are told."""

import ctypes
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping

from config import Settings

PORT_SECONDS = 5.0  # a run that was killed a moment ago may still be letting go of the port
LONGEST_WAIT = 30.0
PR_SET_PDEATHSIG = 1


class CannotServe(RuntimeError):
    """The service cannot start; the message says why."""


class Backoff:
    """How long to wait before the next restart: longer each time, reset by a calm minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wait = 0.0
        self._last = float("-inf")

    def next_wait(self) -> float:
        calm = self._clock() - self._last > 60.0
        self._wait = 0.1 if calm else min(self._wait * 2, LONGEST_WAIT)
        self._last = self._clock()
        return self._wait


def environment(settings: Settings, given: Mapping[str, str], uri: str | None) -> dict[str, str]:
    """Return what the children are told: one thread a worker for arithmetic, where things are."""
    data_dir = settings.data_dir.resolve()
    one_thread = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    told = {"NUMBA_CACHE_DIR": str(data_dir / "numba"), **given}
    told |= {name: "1" for name in one_thread} | {"DATA_DIR": str(data_dir)}
    return told | ({"MONGO_URI": uri} if uri else {})


def end_with_parent() -> Callable[[], None] | None:
    """Return what a child runs first so that the kernel stops it should we be killed (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:  # killed before the kernel was asked
            os._exit(1)

    return ask_kernel


def reachable(host: str) -> str:
    """Return the address at which this machine reaches a service that listens at `host`."""
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host


def answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(reachable(host), port, timeout=1)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for_port(host: str, port: int, seconds: float = PORT_SECONDS) -> None:
    """Return when the port is free; raise `CannotServe` if somebody keeps it."""
    deadline = time.monotonic() + seconds
    while True:
        problem = port_problem(host, port)
        if problem is None:
            return
        if time.monotonic() > deadline:
            raise CannotServe(
                f"Port {port} cannot be used ({problem}). Choose another, e.g. PORT={port + 1}."
            )
        time.sleep(0.2)


def port_problem(host: str, port: int) -> str | None:
    """Return why nobody can listen there now, None if one can."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def describe(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def say(words: str) -> None:
    print(words, flush=True)
